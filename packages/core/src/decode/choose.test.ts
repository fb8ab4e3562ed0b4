// Choosing tokens: greedy, filters, the sampled distribution, bad logits.
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import {
  byLogit,
  chooseToken,
  largest,
  noiseOf,
  type SamplingOptions,
  samplingOf,
  summarize,
  type TokenNoise,
} from './choose.js';

const all: SamplingOptions = { temperature: 1, topK: 0, topP: 1 };
const choose = (
  logits: Float32Array,
  options: Partial<SamplingOptions>,
  uniform: (id: number) => number = () => 0.5,
) => chooseToken(logits, summarize(logits), samplingOf({ ...all, ...options }), noiseFrom(uniform));

/** Noise for which every id contends. */
function noiseFrom(uniform: (id: number) => number): TokenNoise {
  const firstWords = (count: number) =>
    Uint32Array.from({ length: count }, (_, id) => (uniform(id) * 2 ** 26) << 6);
  const contenders = ({ length }: Float32Array) => ({
    count: length,
    ids: Int32Array.from({ length }, (_, id) => id),
    words: firstWords(length),
  });
  return { uniform, firstWords, contenders };
}

/** Share of each id over draws with Gumbel noise. */
function frequencies(logits: Float32Array, options: Partial<SamplingOptions>, draws = 4000): number[] {
  const key = randomKey(5);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < draws; i++) counts[choose(logits, options, (id) => key.uniform(i, id))]!++;
  return counts.map((count) => count / draws);
}

describe('summarize', () => {
  it('normalises without overflow', () => {
    const logits = Float32Array.from([1e4, 1e4, -1e4]);
    expect(summarize(logits)).toEqual({ logNormalizer: expect.closeTo(1e4 + Math.log(2), 3), argmax: 0 });
  });

  it.each([[[0, Number.NaN]], [[Number.POSITIVE_INFINITY, 0]], [[-Infinity, -Infinity]], [[]]])(
    'refuses %o',
    (logits) => {
      expect(() => summarize(Float32Array.from(logits))).toThrow(/NaN or infinite/);
    },
  );
});

describe('chooseToken', () => {
  const logits = Float32Array.from([Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05), -Infinity]);

  it('takes the mode at temperature 0, the lowest id among equals', () => {
    expect(choose(logits, { temperature: 0 }, (id) => (id + 1) / 9)).toBe(0);
    expect(choose(Float32Array.from([1, 2, 2]), { temperature: 0 })).toBe(1);
  });

  it('samples the softmax', () => {
    const [a, b, c, d, never] = frequencies(logits, {});
    expect(a).toBeCloseTo(0.5, 1);
    expect(b).toBeCloseTo(0.3, 1);
    expect(c).toBeCloseTo(0.15, 1);
    expect(d).toBeCloseTo(0.05, 1);
    expect(never).toBe(0);
  });

  it('takes the largest of logit and noise, over a vocabulary of every spread', () => {
    const key = randomKey(3);
    for (const [draw, scale] of [0, 0.5, 3, 30, 300].flatMap((s) =>
      [0, 1, 2, 3].map((d) => [d, s] as const),
    )) {
      const logits = Float32Array.from({ length: 5000 }, (_, id) => scale * key.normal(draw, id));
      for (const temperature of [0.3, 1, 2]) {
        const scores = Array.from(logits, (logit, id) => logit / temperature + key.gumbel(draw + 9, id));
        const expected = scores.indexOf(Math.max(...scores));
        expect(choose(logits, { temperature }, (id) => key.uniform(draw + 9, id))).toBe(expected);
        const sampling = samplingOf({ ...all, temperature });
        expect(chooseToken(logits, summarize(logits), sampling, noiseOf(key, draw + 9))).toBe(expected);
      }
    }
  });

  it('sharpens with a low temperature', () => {
    expect(frequencies(logits, { temperature: 0.5 })[0]).toBeCloseTo(
      0.25 / (0.25 + 0.09 + 0.0225 + 0.0025),
      1,
    );
  });

  it('keeps k tokens', () => {
    const kept = frequencies(logits, { topK: 2 });
    expect(kept[0]).toBeCloseTo(0.625, 1);
    expect(kept.slice(2)).toEqual([0, 0, 0]);
  });

  it('keeps the nucleus, at least one token', () => {
    expect(frequencies(logits, { topP: 0.7 }).slice(2)).toEqual([0, 0, 0]);
    expect(frequencies(logits, { topP: 1e-9 })[0]).toBe(1);
    // top-p acts after top-k: of the two kept, the first has 0.625 of the mass
    expect(frequencies(logits, { topK: 2, topP: 0.6 })[0]).toBe(1);
  });
});

it('largest lists ids by logit', () => {
  expect(largest(Float32Array.from([1, 3, -Infinity, 3, 2]), 3)).toEqual([1, 3, 4]);
  expect(largest(Float32Array.from([1, -Infinity]), 5)).toEqual([0]);
  expect(largest(Float32Array.from([1]), 0)).toEqual([]);
  const logits = Float32Array.from([0, -0, 1e-45, -1e-45, 3e38, -3e38, -Infinity, -1.5, 1.5, 2, -2, 0, 2]);
  expect(byLogit(logits, [...logits.keys()])).toEqual([4, 9, 12, 8, 2, 0, 1, 11, 3, 7, 10, 5, 6]);
  const key = randomKey(1);
  // Rounded, so that there are equals.
  const many = Float32Array.from({ length: 3000 }, (_, id) => Math.round(900 * key.normal(id, 0)) / 128);
  const sorted = [...many.keys()].sort((a, b) => many[b]! - many[a]! || a - b);
  for (const k of [1, 7, 2999, 3000, 10 ** 6]) expect(largest(many, k)).toEqual(sorted.slice(0, k));
  // The ids of a large vocabulary.
  const wide = new Float32Array(2 ** 21).fill(-1);
  wide[2 ** 21 - 1] = 1;
  expect(byLogit(wide, [5, 2 ** 21 - 2, 2 ** 21 - 1])).toEqual([2 ** 21 - 1, 5, 2 ** 21 - 2]);
});
