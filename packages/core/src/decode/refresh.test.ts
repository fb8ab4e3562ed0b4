// The MLM reads again while gaps are filled: each token has the very probability that the readings give it, whatever is drafted or read beside it.
import { expect, test } from 'vitest';
import {
  letterModel,
  logitAfter,
  logitBetween,
  maskId,
  startId,
} from '../anneal/letter-model.test.support.js';
import { type Refresh, refreshFor } from '../maria/refresh.js';
import { featuresOf } from '../train/features.js';
import type { Infilled, InfillResult } from './events.js';
import { explain } from './explain.js';
import { infill } from './infill.js';
import type { InfillOptions } from './options.js';
import { score } from './score.js';

const letters = [0, 1, 2, 3, 4, 5, 6, 7];
const ids = [0, maskId, maskId, maskId, 4, maskId, maskId, 6, maskId];
const masked = ids.flatMap((id, position) => (id === maskId ? [position] : []));
const settings: readonly Refresh[] = ['off', 'gap', 1, 2, 4];

async function filled(given: readonly number[], options: InfillOptions, model = letterModel()) {
  const steps = infill(model, given, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

const sampled = (refresh: Refresh, seed: number, options: InfillOptions = {}) =>
  filled(ids, { temperature: 1, seed, refresh, ...options });

/** Position of the first masked token that the reading for the one with this index does not see. */
function unread(refresh: Refresh, index: number): number {
  if (refresh === 'off') return masked[0]!;
  if (refresh !== 'gap') return masked[index - (index % refresh)]!;
  let first = masked[index]!;
  while (ids[first - 1] === maskId) first--;
  return first;
}

/** log p of each masked token of `text`, by hand. */
function logProbabilities(text: readonly number[], refresh: Refresh): number[] {
  return masked.map((position, index) => {
    const seen = text.map((id, i) => (ids[i] === maskId && i >= unread(refresh, index) ? maskId : id));
    const logits = letters.map(
      (to) =>
        (logitAfter(text[position - 1] ?? startId, to) +
          logitBetween(seen[position - 1], seen[position + 1], to)) /
        2,
    );
    const normalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return logits[text[position]!]! - normalizer;
  });
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

test.each(settings)(
  'with %s each token has the probability of its reading, in infill, score and explain',
  async (refresh) => {
    const model = { ...letterModel(), refresh };
    const { samples, passes } = await filled(ids, { temperature: 1, seed: 3 }, model);
    const [sample] = samples as [Infilled];
    const expected = logProbabilities(sample.ids, refresh);
    expectNear(
      sample.gaps.flatMap(({ probabilities }) => probabilities.map(Math.log)),
      expected,
    );
    const readings = new Set(masked.map((_, index) => unread(refresh, index)));
    expect(passes.mlm).toBe(readings.size);
    const scored = await score(model, { ids: sample.ids, masked }, { suppressSpecial: true });
    expectNear(scored.perToken, expected);
    const told = explain(model, Int32Array.from(sample.ids), masked);
    let index = 0;
    for await (const { position, candidates } of told) {
      const chosen = candidates.find(({ id }) => id === sample.ids[position])!;
      expect(Math.log(chosen.fused)).toBeCloseTo(expected[index++]!, 5);
    }
    expect(index).toBe(masked.length);
  },
);

test('reading again makes other probabilities, but for before each gap: these models see neighbours only', async () => {
  const text = [0, 1, 2, 3, 4, 5, 6, 6, 7];
  const sums = settings.map((refresh) => logProbabilities(text, refresh).reduce((a, b) => a + b));
  expect(new Set(sums.map((sum) => sum.toFixed(6))).size).toBe(settings.length - 1);
});

test.each(settings)(
  'with %s the text of a seed does not depend on drafts, chunks or samples beside it',
  async (refresh) => {
    for (let seed = 0; seed < 40; seed++) {
      const plain = await sampled(refresh, seed);
      for (const options of [{ speculate: 2 }, { speculate: 8, chunk: 2 }, { speculate: 'auto' }] as const)
        expect((await sampled(refresh, seed, options)).samples).toEqual(plain.samples);
      const [first] = (await sampled(refresh, seed, { samples: 2, speculate: 3 })).samples;
      expect(first).toEqual(plain.samples[0]);
    }
  },
);

test('drafts are read across a new reading, and some of them are right', async () => {
  const results: InfillResult[] = [];
  for (let seed = 0; seed < 40; seed++) results.push(await sampled(1, seed, { speculate: 4 }));
  const total = (name: 'accepted' | 'rejected') => results.reduce((sum, { drafts }) => sum + drafts[name], 0);
  expect(total('accepted')).toBeGreaterThan(0);
  expect(total('rejected')).toBeGreaterThan(0);
  expect(results.every(({ passes }) => passes.mlm === masked.length)).toBe(true);
});

test.each(settings)(
  'with %s a head is trained on the very hidden states that it is used with',
  async (refresh) => {
    const model = letterModel();
    const text = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 6, 7);
    const { mlm } = await featuresOf(
      { ar: model.ar, mlm: model.mlm, alignment: model.alignment, maskId },
      [{ ids: text, masked, window: 0 }],
      { refresh },
    );
    const expected = masked.flatMap((position, index) => {
      const seen = [...text].map((id, i) => (ids[i] === maskId && i >= unread(refresh, index) ? maskId : id));
      return Array.from({ length: 10 }, (_, to) => logitBetween(seen[position - 1], seen[position + 1], to));
    });
    expectNear([...mlm.data], [...Float32Array.from(expected)]);
  },
);

test('auto follows what is masked and how long the text is; other systems have no reading to repeat', async () => {
  const first = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(refreshFor('auto', first(39), 160)).toBe('off');
  expect(refreshFor('auto', first(40), 160)).toBe(7);
  expect(refreshFor('auto', first(8), 9)).toBe(1);
  expect(refreshFor('gap', first(1), 160)).toBe('gap');
  for (const refresh of [0, 1.5, 'never'])
    await expect(filled(ids, { refresh: refresh as Refresh })).rejects.toMatchObject({
      code: 'option-out-of-range',
    });
  await expect(filled(ids, { refresh: 1, system: 'ar' })).rejects.toMatchObject({
    code: 'option-out-of-range',
  });
  await expect(score(letterModel(), { ids: [0, 1], masked: [1] }, { refresh: 0 })).rejects.toMatchObject({
    code: 'option-out-of-range',
  });
});
