// The baselines read what they should: the MLM everything again, the AR model only what is to the left.
import { expect, test } from 'vitest';
import {
  maskId as letterMask,
  letterModel,
  logitAfter,
  logitBetween,
  startId,
} from '../anneal/letter-model.test.support.js';
import type { Model, ModelWith, PairPart } from '../maria/model.js';
import { oneLane } from '../models/one-lane.test.support.js';
import { type Matrix, row } from '../tensor/values.js';
import type { InfillEvent, InfillResult } from './events.js';
import { infill, requireSystem } from './infill.js';
import type { InfillOptions } from './options.js';
import { type SystemName, systemNames } from './systems.js';

const vocabularySize = 8;
const maskId = 7;

/** Its hidden states are one-hot; both models name the token after the one that they see, and never token 4. */
function fakeModel() {
  const read: { mlm: number[][]; ar: number[][] } = { mlm: [], ar: [] };
  const oneHot = (ids: Int32Array): Matrix => {
    const data = new Float32Array(ids.length * vocabularySize);
    ids.forEach((id, i) => {
      data[i * vocabularySize + id] = 1;
    });
    return { rows: ids.length, columns: vocabularySize, data };
  };
  const next = async (hidden: Matrix): Promise<Matrix> => {
    const data = new Float32Array(vocabularySize);
    const token = row(hidden, 0).indexOf(1);
    data[(token + 1) % vocabularySize] = 2;
    data[(token + 2) % vocabularySize] = 1;
    return { rows: 1, columns: vocabularySize, data };
  };
  const sizes = { hiddenSize: vocabularySize, vocabularySize };
  const model: ModelWith<PairPart> = {
    mlm: {
      ...sizes,
      maxLength: 32,
      encode: async (sequences) =>
        sequences.map((ids) => {
          read.mlm.push([...ids]);
          return oneHot(ids);
        }),
    },
    ar: oneLane({ ...sizes, capacity: 32 }, (ids) => {
      read.ar.push([...ids]);
      return oneHot(ids);
    }),
    vocabularySize,
    head: { arLogits: next, mlmLogits: next },
    experts: { ar: { logits: next }, mlm: { logits: next } },
    alignment: { arPrefix: [6], mlmPrefix: [5], mlmSuffix: [6] },
    vocabulary: {
      encode: async () => new Int32Array(),
      tokenize: async () => ({ ids: new Int32Array(), starts: new Int32Array(), ends: new Int32Array() }),
      tokens: [],
      bytesOf: () => new Uint8Array(),
      decode: () => '',
      size: vocabularySize,
      maskId,
      maskToken: '[MASK]',
      specialIds: new Set([4, 5, 6, maskId]),
    },
    findNonFiniteTensor: async () => undefined,
    interrupt: () => {},
    dispose: () => {},
  };
  return { model, read };
}

async function run(
  model: Model,
  ids: number[],
  options: InfillOptions,
): Promise<InfillResult & { events: InfillEvent[] }> {
  const steps = infill(model, ids, options);
  const events: InfillEvent[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

test('the MLM reads the whole sequence for each gap, with those before it filled', async () => {
  const { model, read } = fakeModel();
  const ids = [1, maskId, 2, maskId];
  const { samples, passes } = await run(model, ids, { system: 'mlm', samples: 2 });
  // It sees the mask, 7, and names 0.
  const once = [
    [5, 1, maskId, 2, maskId, 6],
    [5, 1, 0, 2, maskId, 6],
  ];
  expect(read.mlm).toEqual([...once, ...once]);
  expect(read.ar).toEqual([]);
  expect(samples.map((sample) => sample.ids)).toEqual([
    [1, 0, 2, 0],
    [1, 0, 2, 0],
  ]);
  expect(passes).toEqual({ mlm: 4, ar: 0 });
  // The sequence belongs to the caller, for the next run.
  expect(ids).toEqual([1, maskId, 2, maskId]);
});

test('the AR model reads what is to the left of a gap, its own tokens among it', async () => {
  const { model, read } = fakeModel();
  const { passes } = await run(model, [1, maskId, 2, 3, maskId, maskId, 1], { system: 'ar' });
  // After 3 comes 4, which is special, so 5 would be next, which is special too: all others are alike, and 0 is the first.
  expect(read.ar).toEqual([[6, 1], [2, 2, 3], [0]]);
  expect(read.mlm).toEqual([]);
  expect(passes).toEqual({ mlm: 0, ar: 3 });
});

test('each gives the same events, with its own probabilities', async () => {
  const ids = [0, letterMask, 2];
  const letters = [0, 1, 2, 3, 4, 5, 6, 7];
  const ar = letters.map((to) => logitAfter(0, to));
  // The letters a and c are on its sides.
  const mlm = letters.map((to) => logitBetween(0, 2, to));
  const logits: Record<SystemName, number[]> = {
    ar,
    mlm,
    maria: ar.map((value, i) => (value + mlm[i]!) / 2),
    diffusion: mlm,
  };
  for (const system of systemNames) {
    const { events } = await run(letterModel(), ids, { system });
    expect(events.map(({ type }) => type)).toEqual(['mlm-encoded', 'gap-filled', 'step-end', 'done']);
    const total = logits[system].reduce((sum, logit) => sum + Math.exp(logit), 0);
    const best = Math.max(...logits[system]);
    expect(events[1]).toMatchObject({ id: logits[system].indexOf(best), position: 1 });
    expect((events[1] as { probability: number }).probability).toBeCloseTo(Math.exp(best) / total, 5);
  }
});

test('asks only for the parts that it reads, and names the one that is missing', async () => {
  const { ar, mlm, head, experts, ...rest } = letterModel();
  const frame = { ...rest, experts: {} };
  const ids = [startId, letterMask, 2];
  expect(
    (await run({ ...frame, ar, experts: { ar: experts.ar } }, ids, { system: 'ar' })).samples,
  ).toHaveLength(1);
  expect(
    (await run({ ...frame, mlm, experts: { mlm: experts.mlm } }, ids, { system: 'mlm' })).samples,
  ).toHaveLength(1);
  await expect(run({ ...frame, ar }, ids, { system: 'mlm' })).rejects.toMatchObject({
    code: 'part-missing',
    message: 'Cannot fill the text with the system "mlm": the model has no MLM.',
  });
  await expect(run({ ...frame, ar, mlm }, ids, {})).rejects.toThrow(/the model has no fused head/);
  await expect(requireSystem({ ...frame, ar, mlm }, 'maria')).rejects.toThrow(/the model has no fused head/);
  await requireSystem({ ...frame, ar, mlm, head }, 'maria');
  await expect(run({ ...frame, ar, mlm, head }, ids, { system: 'ar' })).rejects.toMatchObject({
    code: 'expert-missing',
  });
});

test('refuses a system of another name', async () => {
  const system = 'nothing' as SystemName;
  await expect(run(letterModel(), [letterMask], { system })).rejects.toMatchObject({
    code: 'system-unknown',
    try: `Use one of ${systemNames.join(', ')}.`,
  });
});

test('a logit bias takes part before anything else, and is refused where it fits nowhere', async () => {
  const { model } = fakeModel();
  const ids = [1, maskId, 3];
  const fillOf = async (logitBias: ReadonlyMap<number, number>) => {
    const { samples } = await run(model, ids, { system: 'ar', logitBias });
    return samples[0]!.gaps[0]!;
  };
  // The token after the one that it sees, with logit 2; the next one has 1, all others 0.
  expect((await fillOf(new Map())).ids).toEqual([2]);
  expect((await fillOf(new Map([[2, -1.5]]))).ids).toEqual([3]);
  const { ids: asked, probabilities } = await fillOf(new Map([[0, 100]]));
  expect([asked, probabilities]).toEqual([[0], [expect.closeTo(1, 12)]]);
  // Special ids stay out.
  expect((await fillOf(new Map([[4, 100]]))).ids).toEqual([2]);
  await expect(fillOf(new Map([[vocabularySize, 1]]))).rejects.toMatchObject({ code: 'id-invalid' });
  await expect(fillOf(new Map([[1, Number.NaN]]))).rejects.toMatchObject({ code: 'option-out-of-range' });
});
