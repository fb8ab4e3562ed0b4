// What a shortlist proves is the choice among all logits, whatever they are; where it proves nothing, it says so.
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { chooseToken, isClose, noiseOf, type SamplingOptions, samplingOf, summarize } from './choose.js';
import { listOfLogits } from './list-of-logits.test.support.js';
import { chooseListed, guessListed, listQuestion, listsServe } from './listed-choice.js';

const V = 3000;
const seeds = 40;

const noiseWith = (seed: number) => noiseOf(randomKey(seed, 3), 7);

/** Logits of so much spread, of which one in three may not be chosen. */
function logitsOf(seed: number, spread: number, size = V): Float32Array {
  const key = randomKey(seed, 11);
  return Float32Array.from({ length: size }, (_, id) =>
    id % 3 === 1 ? -Infinity : spread * key.normal(id, 0),
  );
}

/** The choice by a shortlist, held to that by all logits. */
function choice(logits: Float32Array, seed: number, options: SamplingOptions) {
  const noise = noiseWith(seed);
  const allowed = Uint8Array.from(logits, (logit) => Number(logit > -Infinity));
  const question = listQuestion(allowed, options, noise);
  const list = listOfLogits(logits, question);
  const sampling = samplingOf(options);
  const distribution = summarize(logits);
  const id = chooseToken(logits, distribution, sampling, noise);
  const found = chooseListed(list, question, options);
  if (found) {
    expect(found.id).toBe(id);
    expect(found.logit).toBe(logits[id]);
    expect(found.logNormalizer).toBeCloseTo(distribution.logNormalizer, 6);
    if (sampling.filters.length === 0 && isClose(logits, id, sampling, noise))
      expect(found.isClose).toBe(true);
    expect(guessListed(list, question, options).id).toBe(id);
  }
  return { found, list, question };
}

const provenOf = (spread: number, options: SamplingOptions, size?: number) =>
  Array.from({ length: seeds }, (_, seed) => choice(logitsOf(seed, spread, size), seed, options)).filter(
    ({ found }) => found,
  ).length;

const plain = { temperature: 1, topK: 0, topP: 1 };

describe('a choice by a shortlist', () => {
  it.each([
    ['the mode', 3, { ...plain, temperature: 0 }],
    ['one of the top 1', 3, { ...plain, topK: 1 }],
    ['a sample', 4, plain],
    ['a cool sample', 2, { ...plain, temperature: 0.5 }],
    ['a warm sample', 6, { ...plain, temperature: 1.4 }],
    ['one of the top 20', 0.1, { ...plain, topK: 20 }],
    ['one of the nucleus', 6, { ...plain, topP: 0.6 }],
    ['one of the nucleus of the top 30, cool', 1, { temperature: 0.7, topK: 30, topP: 0.9 }],
  ])('takes %s of all', (_, spread, options) => {
    expect(provenOf(spread, options)).toBeGreaterThan(0.9 * seeds);
  });

  it.each([
    ['of more than are listed', 3, { ...plain, topK: 33 }],
    ['of a nucleus that the list does not reach', 1, { ...plain, topP: 0.9 }],
  ])('is not made %s', (_, spread, options) => {
    expect(provenOf(spread, options)).toBeLessThan(0.1 * seeds);
  });

  it('is not made where one of many equals beyond the list may have the noise for it', () => {
    const some = 12;
    const proven = Array.from({ length: some }, (_, seed) => {
      const logits = logitsOf(seed, 0.001, 40000).map((logit, id) => (id % 666 === 0 ? logit : logit - 20));
      return choice(logits, seed, plain).found;
    }).filter((found) => found).length;
    expect(proven).toBeGreaterThan(0);
    expect(proven).toBeLessThan(some);
  });

  it.each([0, 1])(
    'is made whatever the logits where the list has all of them, at temperature %d',
    (temperature) => {
      expect(provenOf(0.01, { ...plain, temperature }, 40)).toBe(seeds);
    },
  );

  it('is sure now and then, and never of what differs in its last digits', () => {
    const close = (spread: number) =>
      Array.from({ length: seeds }, (_, seed) => choice(logitsOf(seed, spread), seed, plain).found?.isClose);
    expect(close(6).filter((isClose) => isClose === false).length).toBeGreaterThan(0.9 * seeds);
    const logits = logitsOf(1, 4);
    const [first, second] = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
    logits[second!] = logits[first!]! - 5e-4;
    expect(choice(logits, 1, { ...plain, temperature: 0 }).found?.isClose).toBe(true);
  });

  it.each([
    { ...plain, topK: 12 },
    { ...plain, topP: 0.8 },
    { temperature: 0.6, topK: 25, topP: 0.9 },
    { ...plain, temperature: 0 },
    plain,
  ])('is the same of logits that differ by little, where it is not close: %j', (options) => {
    let sure = 0;
    for (let seed = 0; seed < 2 * seeds; seed++) {
      // Steps, so that much is nearly equal.
      const logits = logitsOf(seed, 5, 400).map((logit) => Math.round(logit * 20) / 20);
      const key = randomKey(seed, 5);
      const moved = logits.map((logit, id) => logit + 4e-4 * (2 * key.uniform(id, 0) - 1));
      const [first, second] = [logits, moved].map((these) => choice(these, seed, options).found);
      if (first && !first.isClose) {
        sure++;
        expect(second?.id ?? first.id).toBe(first.id);
      }
      if (second && !second.isClose) expect(first?.id ?? second.id).toBe(second.id);
    }
    expect(sure).toBeGreaterThan(0.2 * seeds);
  });

  it('is left to the whole row where equals may be beyond the list, or numbers are none', () => {
    const equal = new Float32Array(V).fill(2);
    expect(choice(equal, 1, { ...plain, temperature: 0 }).found).toBeUndefined();
    expect(choice(equal, 1, plain).found).toBeUndefined();
    const steps = Float32Array.from({ length: V }, (_, id) => (id === 5 ? 3 : 2));
    expect(choice(steps, 1, { ...plain, topK: 10 }).found).toBeUndefined();
    const { list, question } = choice(logitsOf(1, 4), 1, plain);
    for (const broken of [
      { sum: Number.NaN },
      { logits: [Number.NaN] },
      { logits: [Infinity, 1] },
      { logits: [] },
    ])
      expect(chooseListed({ ...list, ...broken }, question, plain)).toBeUndefined();
  });
});

it.each([
  [31, V],
  [32, V],
  [50, V],
  [50, 30],
])('is worth a list among the top %d of %d just where a list may tell it', (topK, size) => {
  const options = { ...plain, topK };
  expect(listsServe({ ...options, alternatives: 0 }, size)).toBe(provenOf(3, options, size) > 0);
  expect(listsServe({ ...plain, alternatives: topK }, size)).toBe(topK < 32 || size < 32);
  expect(listsServe({ ...options, temperature: 0, alternatives: 0 }, size)).toBe(true);
});

describe('the ids with the most noise', () => {
  it('are those that may be chosen, and no other has more', () => {
    const logits = logitsOf(1, 4, 20000);
    const allowed = Uint8Array.from(logits, (logit) => Number(logit > -Infinity));
    for (let seed = 0; seed < 20; seed++) {
      const noise = noiseWith(seed);
      const { ids, mostNoise } = listQuestion(allowed, plain, noise);
      expect(ids.length).toBeGreaterThan(500);
      expect(ids.length).toBeLessThanOrEqual(1024);
      const asked = new Set(ids);
      const gumbel = (id: number) => -Math.log(-Math.log(noise.uniform(id)));
      const others = [...allowed.keys()].filter((id) => allowed[id] === 1 && !asked.has(id));
      expect(Math.max(...others.map(gumbel))).toBeLessThanOrEqual(mostNoise);
      expect(Math.min(...Array.from(ids, gumbel))).toBeGreaterThan(mostNoise - 0.01);
    }
  });

  it('are never more than there is room for', () => {
    const words = Uint32Array.from({ length: 4000 }, (_, id) => 2 ** 32 - 1 - 64 * id);
    const noise = { uniform: () => 0.5, firstWords: () => words };
    const { ids, mostNoise } = listQuestion(new Uint8Array(4000).fill(1), plain, noise);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([1024, 0, 1023]);
    expect(mostNoise).toBeCloseTo(-Math.log(-Math.log(1 - 1024 / 2 ** 26)), 6);
  });
});
