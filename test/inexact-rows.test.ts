// The embedded pair where rows are said not to be exact: texts are the same in every batch, with and without drafts.
import { loadModel } from '@maria/checkpoints';
import { type InfillOptions, infill, type MariaModel, score } from '@maria/core';
import { expect, it } from 'vitest';

const lines = [
  'The old man [MASK*3] the river and said: "[MASK*4]."',
  'Once upon a [MASK] there [MASK*2] a king who had [MASK] daughters.',
  'She [MASK*6].',
];

async function filled(model: MariaModel, line: string, options: InfillOptions) {
  const steps = infill(model, line, options);
  for (let step = await steps.next(); ; step = await steps.next()) if (step.done) return step.value;
}

const samplings: readonly InfillOptions[] = [
  { temperature: 0 },
  ...Array.from({ length: 20 }, (_, seed) => ({ temperature: 1, seed })),
  { temperature: 1, seed: 3, topP: 0.9 },
];

it('fills the same texts as one after the other without drafts', async () => {
  const [one, many] = await Promise.all([
    loadModel({ rowsAreExact: false }),
    loadModel({ rowsAreExact: false, lanes: 16 }),
  ]);
  expect([one.rowsAreExact, many.rowsAreExact]).toEqual([false, false]);
  let decidedAlone = 0;
  for (const sampling of samplings) {
    const together = await Promise.all(
      lines.map((line, record) => filled(many, line, { ...sampling, record, speculate: 8 })),
    );
    for (const [record, line] of lines.entries()) {
      const alone = await filled(one, line, { ...sampling, record, speculate: 0 });
      expect(together[record]!.samples[0]!.text).toBe(alone.samples[0]!.text);
      decidedAlone += alone.drafts.decidedAlone;
    }
  }
  expect(decidedAlone).toBeGreaterThan(0);
  const ids = Int32Array.from({ length: 40 }, (_, i) => 300 + i);
  const items = [10, 20, 40].map((length) => ({ ids: ids.subarray(0, length), masked: [3, 5, 9] }));
  const scores = await Promise.all(items.map((item) => score(many, item)));
  for (const [i, item] of items.entries())
    expect(scores[i]!.perToken).toEqual((await score(one, item)).perToken);
  one.dispose();
  many.dispose();
}, 60_000);
