// The objective of the golden pair: as training computes it from features, as `objective` does from the model, and as PyTorch did.
import { loadModel, openBackbones } from '@maria/checkpoints';
import { createHeadTrainer, featuresOf, objective, objectiveOf, readHead } from '@maria/core';
import { type BackendChoice, chooseBackend } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GoldenPair, goldenFolder, readGoldenJson } from './golden-files.js';

const pair = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
const cases = Object.entries(pair.cases);
const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
const plain = { arPrefix: 'none', mlmTemplate: 'none' } as const;

/** Mean loss over all masked tokens of the cases. */
const expectedOf = (chosen: typeof cases) => {
  const total = chosen.reduce((sum, [, { poe }]) => sum - poe.loglik, 0);
  const tokens = chosen.reduce((sum, [, { masked }]) => sum + masked.length, 0);
  return { loss: total / tokens, tokens };
};

describe.each<BackendChoice>(['reference', 'ort'])('%s', (backend) => {
  let model: Awaited<ReturnType<typeof loadModel>>;
  beforeAll(async () => {
    model = await loadModel({ ...folders, ...plain, backend });
  });
  afterAll(() => model.dispose());

  it.each(cases)('of %s', async (name, golden) => {
    const { loss, tokens, perplexity } = await objective(model, golden);
    const expected = expectedOf([[name, golden]]);
    expect(tokens).toBe(expected.tokens);
    expect(loss).toBeCloseTo(expected.loss, 4);
    expect(perplexity).toBeCloseTo(Math.exp(loss), 8);
  });

  it('of a batch: every masked token counts the same', async () => {
    const { loss, tokens } = await objective(
      model,
      cases.map(([, golden]) => golden),
    );
    expect(tokens).toBe(expectedOf(cases).tokens);
    expect(loss).toBeCloseTo(expectedOf(cases).loss, 4);
  });

  it('of a batch, from features and the head as arrays', async () => {
    const head = readHead((await openBackbones(folders.ar, folders.mlm, plain)).head);
    const trainer = await createHeadTrainer(await chooseBackend({ backend }), { head, chunk: 50 });
    const { ar, mlm, alignment, vocabulary } = model;
    const items = cases.map(([, { ids, masked }], window) => ({ ids: Int32Array.from(ids), masked, window }));
    const rows = await featuresOf({ ar, mlm, alignment, maskId: vocabulary.maskId }, items);
    const { loss, tokens } = objectiveOf(await trainer.losses(rows));
    expect(tokens).toBe(expectedOf(cases).tokens);
    expect(loss).toBeCloseTo(expectedOf(cases).loss, 4);
    trainer.dispose();
  });
});
