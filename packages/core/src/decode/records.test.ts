// Texts of one run have noise of their own: equal texts are filled and masked as independently as under other seeds.
import { describe, expect, test } from 'vitest';
import { letterModel, maskId } from '../anneal/letter-model.test.support.js';
import type { InfillResult } from './events.js';
import { infill } from './infill.js';
import type { InfillOptions } from './options.js';
import type { InfillInput } from './prepare.js';
import { type ScoreResult, score } from './score.js';

const letters = 8;
const records = Array.from({ length: 300 }, (_, record) => record);

async function resultOf(input: InfillInput, options: InfillOptions): Promise<InfillResult> {
  const steps = infill(letterModel(), input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** The filled tokens of each sample. */
async function fill(ids: number[], options: InfillOptions): Promise<number[][]> {
  const { samples } = await resultOf(ids, { temperature: 1, ...options });
  return samples.map(({ gaps }) => gaps.flatMap((gap) => gap.ids));
}

/** p of each letter in the one gap of `ids`. */
async function probabilities(ids: number[]): Promise<number[]> {
  const { samples } = await resultOf(ids, { alternatives: letters });
  const p = new Array<number>(letters).fill(0);
  for (const { id, probability } of samples[0]?.gaps[0]?.alternatives?.[0] ?? []) p[id] = probability;
  return p;
}

function histogram(tokens: readonly number[], size = letters): number[] {
  const counts = new Array<number>(size).fill(0);
  for (const token of tokens) counts[token]!++;
  return counts;
}

/** Pearson's statistic of what was seen against what is expected. */
function chiSquare(seen: readonly number[], expected: readonly number[]): number {
  return seen.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
}

describe('fills of equal texts', () => {
  const ids = [0, maskId, 2];
  /** 99.9 % of the chi-square distribution with 7 degrees of freedom, of 8 letters. */
  const limit = 24.32;

  test('of 300 records, 300 samples and 300 seeds spread as the model says', async () => {
    const expected = (await probabilities(ids)).map((p) => p * records.length);
    expect(Math.min(...expected)).toBeGreaterThan(0.5);
    const ofRecords = await Promise.all(records.map((record) => fill([...ids], { record })));
    const ofSeeds = await Promise.all(records.map((seed) => fill([...ids], { seed })));
    for (const fills of [ofRecords.flat(2), ofSeeds.flat(2), (await fill(ids, { samples: 300 })).flat()])
      expect(chiSquare(histogram(fills), expected)).toBeLessThan(limit);
  });

  test('a record, its sample and its neighbours are independent', async () => {
    const first = await Promise.all(records.map((record) => fill([...ids], { record, samples: 2 })));
    const p = await probabilities(ids);
    const chance = p.reduce((sum, each) => sum + each * each, 0);
    const deviation = Math.sqrt((chance * (1 - chance)) / records.length);
    const agree = (a: (record: number) => number | undefined, b: typeof a) =>
      records.filter((record) => a(record) === b(record)).length / records.length;
    const at = (sample: number, by: number) => (record: number) =>
      first[(record + by) % records.length]?.[sample]?.[0];
    for (const other of [at(1, 0), at(0, 1), at(1, 1), at(1, records.length - 1)])
      expect(Math.abs(agree(at(0, 0), other) - chance)).toBeLessThan(3.3 * deviation);
  });

  test('do not depend on how decoding is chunked, and record 0 is what there is without a number', async () => {
    const long = [0, maskId, maskId, 3, 4, maskId, 1, 2, 3, maskId, maskId, 5];
    const options = { seed: 5, samples: 2 };
    expect(await fill(long, { ...options, record: 0 })).toEqual(await fill(long, options));
    const fills = await fill(long, { ...options, record: 7 });
    expect(fills).not.toEqual(await fill(long, options));
    for (const chunk of [1, 2, 5]) expect(await fill(long, { ...options, record: 7, chunk })).toEqual(fills);
  });

  test('a record out of range is refused', async () => {
    for (const record of [-1, 0.5, 2 ** 32])
      await expect(fill(ids, { record })).rejects.toMatchObject({
        code: 'option-out-of-range',
        message: `Cannot infill: record is ${record}, it must be a whole number from 0 to 4294967295.`,
      });
  });
});

describe('masks of equal texts', () => {
  const text = 'abcdefgh'.repeat(7);
  const maskedOf = async (maskRate: number, noise: { seed?: number; record?: number }) =>
    new Set((await score(letterModel(), { text, maskRate, ...noise })).masked);

  test.each([0.15, 0.5])('of rate %d agree in as many places as independent ones', async (rate) => {
    const masks = await Promise.all(
      records.slice(0, 40).map((record) => maskedOf(rate, { seed: 3, record })),
    );
    const places = [...text].map((_, i) => i);
    const drawn = masks.length * places.length;
    const share = masks.reduce((sum, mask) => sum + mask.size, 0) / drawn;
    expect(Math.abs(share - rate)).toBeLessThan(3.3 * Math.sqrt((rate * (1 - rate)) / drawn));
    const chance = rate ** 2 + (1 - rate) ** 2;
    const pairs = masks.slice(1).map((mask, i) => [mask, masks[i]!] as const);
    const agreed = pairs.map(([a, b]) => places.filter((i) => a.has(i) === b.has(i)).length);
    const mean = agreed.reduce((sum, count) => sum + count, 0) / (pairs.length * places.length);
    const deviation = Math.sqrt((chance * (1 - chance)) / (pairs.length * places.length));
    expect(Math.abs(mean - chance)).toBeLessThan(3.3 * deviation);
  });

  test('corpus perplexity over seeds spreads as independent masks do', async () => {
    const spread = async (records: readonly number[]) => {
      const corpora = await Promise.all(
        Array.from({ length: 30 }, async (_, seed) => {
          const each = await Promise.all(
            records.map((record) => score(letterModel(), { text, maskRate: 0.5, seed, record })),
          );
          const perToken = each.flatMap((result) => result.perToken);
          return -perToken.reduce((a, b) => a + b, 0) / perToken.length;
        }),
      );
      const mean = corpora.reduce((a, b) => a + b, 0) / corpora.length;
      return corpora.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (corpora.length - 1);
    };
    // Of 16 equal texts the mean has a sixteenth of the variance of one, if masks are independent; all of it, if they are the same.
    const ratio = (await spread([0])) / (await spread(records.slice(0, 16)));
    expect(ratio).toBeGreaterThan(8);
    expect(ratio).toBeLessThan(32);
  });

  test('record 0 is what there is without a number, and a seed or record out of range is refused', async () => {
    expect(await maskedOf(0.5, { seed: 3, record: 0 })).toEqual(await maskedOf(0.5, { seed: 3 }));
    for (const noise of [{ seed: -1 }, { seed: 1.5 }, { record: 2 ** 32 }])
      await expect(maskedOf(0.5, noise)).rejects.toMatchObject({ code: 'option-out-of-range' });
  });
});

describe('special ids', () => {
  const scored = (ids: number[], suppressSpecial: boolean): Promise<ScoreResult> =>
    score(letterModel(), { ids, masked: [1] }, { suppressSpecial });

  test('left out of a score, it is what filling gives', async () => {
    const { samples, excluded } = await resultOf([0, maskId, 2], {});
    expect(excluded).toEqual(['special']);
    const alike = await scored([...samples[0]!.ids], true);
    expect(alike.excluded).toEqual(excluded);
    expect(alike.logLikelihood).toBeCloseTo(samples[0]!.logLikelihood, 6);
    const all = await scored([...samples[0]!.ids], false);
    expect(all.excluded).toEqual([]);
    expect(all.logLikelihood).toBeLessThan(alike.logLikelihood);
  });

  test('a special token has no score then', async () => {
    await expect(scored([0, maskId + 1, 2], true)).rejects.toMatchObject({ code: 'id-excluded' });
    expect((await scored([0, maskId + 1, 2], false)).perToken[0]).toBeLessThan(0);
  });

  test('text excludes more than ids', async () => {
    expect((await resultOf('a[MASK]c', {})).excluded).toEqual(['special', 'unfit']);
    expect((await resultOf('a[MASK]c', { lineBreaks: false })).excluded).toEqual([
      'special',
      'unfit',
      'line-breaks',
    ]);
  });
});
