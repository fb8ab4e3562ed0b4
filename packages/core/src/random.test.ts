// Threefry against its published known answers, and the distributions drawn from it.
import { describe, expect, it, vi } from 'vitest';
import { randomKey, recordKey, threefry2x32 } from './random.js';

describe('threefry2x32', () => {
  // Known-answer tests of Random123's kat_vectors for threefry2x32, 20 rounds.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('encrypts %o under %o', (counter, key, expected) => {
    const out = new Uint32Array(2);
    threefry2x32(key[0]!, key[1]!, counter[0]!, counter[1]!, out);
    expect([...out]).toEqual(expected);
  });
});

describe('randomKey', () => {
  it('gives the same number for the same key and counter, and others otherwise', () => {
    expect(randomKey(1, 2).uniform(3, 4)).toBe(randomKey(1, 2).uniform(3, 4));
    const numbers = [randomKey(1, 2), randomKey(2, 2), randomKey(1, 3)].flatMap((key) => [
      key.uniform(3, 4),
      key.uniform(4, 3),
    ]);
    expect(new Set(numbers).size).toBe(6);
  });

  it.each([0, 1, 3, 4, 5, 4096, 70_001])('gives the first words of %i counters at once', (count) => {
    for (const [seed, stream, a] of [
      [0, 0, 0],
      [2 ** 32 - 1, 5, 7],
      [123, 2 ** 31, 2 ** 32 - 1],
    ] as const) {
      const key = randomKey(seed, stream);
      const words = key.firstWords(a, count);
      expect(words).toHaveLength(count);
      for (let b = 0; b < count; b += count > 1000 ? 97 : 1) expect(words[b]).toBe(key.bits(a, b)[0]);
      if (count > 0) expect(words.at(-1)).toBe(key.bits(a, count - 1)[0]);
    }
  });

  it.each([
    ['WebAssembly', undefined],
    ['vectors in WebAssembly', { validate: (): boolean => false }],
    [
      'addresses for it',
      {
        validate: (): boolean => true,
        Module: class {},
        Instance: class {
          constructor() {
            throw new RangeError('Cannot allocate Wasm memory for new instance');
          }
        },
      },
    ],
  ])('gives the same words without %s', async (_without, api) => {
    const words = randomKey(1, 2).firstWords(3, 10).slice();
    vi.stubGlobal('WebAssembly', api);
    vi.resetModules();
    const { randomKey: fresh } = await import('./random.js');
    expect(fresh(1, 2).firstWords(3, 10)).toEqual(words);
    const contest = { max: 1, needed: 0, temperature: 1 };
    const ids = Int32Array.of(0, 1, 2);
    const all = { count: 3, ids, words: words.slice(0, 3) };
    expect(fresh(1, 2).contenders(3, new Float32Array(3), contest)).toEqual(all);
    vi.unstubAllGlobals();
    // Else other tests of this process find what was made without it.
    vi.resetModules();
  });

  it('has the moments of its distributions', () => {
    const key = randomKey(7);
    const n = 20_000;
    const moments = (draw: (i: number) => number) => {
      const values = Array.from({ length: n }, (_, i) => draw(i));
      const mean = values.reduce((a, b) => a + b, 0) / n;
      return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / n };
    };
    const uniform = moments((i) => key.uniform(0, i));
    expect(uniform.mean).toBeCloseTo(0.5, 1);
    expect(uniform.variance).toBeCloseTo(1 / 12, 2);
    const gumbel = moments((i) => key.gumbel(1, i));
    expect(gumbel.mean).toBeCloseTo(0.5772, 1);
    expect(gumbel.variance).toBeCloseTo(Math.PI ** 2 / 6, 0);
    const normal = moments((i) => key.normal(2, i));
    expect(normal.mean).toBeCloseTo(0, 1);
    expect(normal.variance).toBeCloseTo(1, 1);
  });
});

describe('recordKey', () => {
  it('has the numbers of (seed, sample) for record 0, and others for each other record and sample', () => {
    expect(recordKey(1, 0, 2).uniform(3, 4)).toBe(randomKey(1, 2).uniform(3, 4));
    const numbers = [0, 1, 2, 2 ** 32 - 1].flatMap((record) =>
      [0, 1, 2].flatMap((sample) => [1, 2].map((seed) => recordKey(seed, record, sample).uniform(3, 4))),
    );
    expect(new Set(numbers).size).toBe(24);
  });
});
