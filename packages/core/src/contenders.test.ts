// The ids that may have the best score, against the scores themselves.
import { describe, expect, it } from 'vitest';
import { type Contest, vectorContenders } from './contenders.js';
import { gumbelOf, randomKey } from './random.js';

const [seed, stream] = [2 ** 32 - 1, 77];
const key = randomKey(seed, stream);
const inVectors = vectorContenders()!;
/** Not by the key: what it has may have been made without WebAssembly, by another test of the process. */
const contenders = (a: number, logits: Float32Array, contest: Contest) =>
  inVectors(seed, stream, a, logits, contest);
const logitsOf = (size: number, spread: number, draw: number) =>
  Float32Array.from({ length: size }, (_, id) => (id % 7 === 3 ? -Infinity : spread * key.normal(draw, id)));

/** Ids whose noise reaches what they need. */
function reaching(logits: Float32Array, a: number, { max, needed, temperature }: Contest): number[] {
  return [...logits.keys()].filter(
    (id) => gumbelOf(key.uniform(a, id)) >= needed + (max - logits[id]!) / temperature,
  );
}

const cases = [1, 3, 4, 5, 8, 9, 1501].flatMap((size) =>
  [0, 0.5, 3, 40].flatMap((spread) =>
    [1e-3, 0.3, 1, 5].flatMap((temperature) =>
      [-43, -6, 0, 1, 12, 36].map((needed) => ({ size, spread, temperature, needed })),
    ),
  ),
);

describe('contenders', () => {
  it('are all ids whose noise is enough, in order, with their words, and hardly another', () => {
    let [found, enough] = [0, 0];
    for (const [a, { size, spread, temperature, needed }] of cases.entries()) {
      const logits = logitsOf(size, spread, a);
      const contest = { max: Math.max(...logits), needed, temperature };
      const { count, ids, words } = contenders(a, logits, contest);
      const listed = [...ids.subarray(0, count)];
      expect(listed).toEqual([...listed].sort((x, y) => x - y));
      const missing = new Set(reaching(logits, a, contest));
      enough += missing.size;
      found += listed.length;
      for (const [n, id] of listed.entries()) {
        expect(words[n]).toBe(key.bits(a, id)[0]);
        missing.delete(id);
      }
      expect([...missing]).toEqual([]);
    }
    expect(enough).toBeGreaterThan(1000);
    expect(found).toBeLessThan(1.15 * enough);
  });

  it.each([
    ['of the least temperatures', [0, -(2 ** -149)], 1e-45],
    ['of temperatures whose reciprocal is too large', [2 ** -120, 2 ** -121], 2 ** -120],
    ['of the greatest temperatures', [3e38, -3e38], 1e39],
  ])('hold the second of two logits %s', (_which, logits, temperature) => {
    const contest = { max: logits[0]!, needed: -20, temperature };
    expect(contenders(1, Float32Array.from(logits), contest).count).toBe(2);
  });

  it('are no fewer where numbers are none, and as many for the next vocabulary as it has', () => {
    const { count } = contenders(1, logitsOf(5000, 1, 1), { max: 3, needed: -43, temperature: 1 });
    expect(count).toBeGreaterThan(4000);
    expect(contenders(1, Float32Array.of(1, 2), { max: 2, needed: NaN, temperature: 1 }).count).toBe(2);
  });
});
