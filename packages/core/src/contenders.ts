// Ids whose score with noise may be the best: most others are told apart from them in WebAssembly, four at a time, before any logarithm is taken.
import { threefryCode, threefryCount, threefryVectors } from './threefry-words.js';
import { constant, get, instanceOf, repeat, reserve, set, types, vector, when } from './web-assembly.js';

/** What the scores logit / temperature + Gumbel number of a vocabulary are held against. */
export interface Contest {
  /** No logit is larger. */
  readonly max: number;
  /** The noise from which on an id with the largest logit counts. Another one needs (max - logit) / temperature more. */
  readonly needed: number;
  /** Above 0. */
  readonly temperature: number;
}

/** They hold until the next call. */
export interface Contenders {
  readonly count: number;
  /** Ascending: all that count, and a few others. */
  readonly ids: Int32Array;
  /** The first of the `bits` of each of them. */
  readonly words: Uint32Array;
}

/** Those among logits [V], with noise of the counters (x0, 0) to (x0, V - 1) under the key (k0, k1). */
export type ContendersOf = (
  k0: number,
  k1: number,
  x0: number,
  logits: Float32Array,
  contest: Contest,
) => Contenders;

/** Whether the Gumbel number of any u with these upper bits is less than `needed`; false for some that are, of very few ids. */
export function hasLessNoise(word: number, needed: number): boolean {
  if (needed > largestGumbel) return true;
  // -log(-log u) > needed needs -log u < exp(-needed), and 1 - u is at most -log u: (1 - u) exp(needed) < 1. Three terms of the series
  // and the upper bits of u, rounded up, are less than that.
  const least = 1 - ((word >>> 6) + 1) / 2 ** 26;
  return needed > 0 && least * (1 + needed * (1 + needed * (1 / 2 + needed / 6))) > 1 + 1e-9;
}

/** No uniform number of 52 bits gives more. */
export const largestGumbel = 37;

/** Of a vector: four numbers of 4 bytes. */
const [together, vectorBytes] = [4, 16];

// Noise -log(-log u) of n and more needs 1 - u of at most exp(-n), since 1 - u is at most -log u: a log2 of at most -n log2(e). The bits of a
// float32, read as an integer, are 2^23 (127 + its log2), less up to 0.09 of 2^23: a line between powers of two. So whoever's bits are more than
// those for exp(-n) has too little noise.
const bitsPerNat = 2 ** 23 * Math.LOG2E;

/** Of 2^26: 1 - u is taken times that. */
const bitsOfAll = 2 ** 23 * (127 + 26);

/** By more than float32 numbers are off. */
const surely = 2 ** 23 * 5e-4;

/** Beyond these temperatures a float32 cannot hold their reciprocal, or how far a logit is behind: all ids count then. */
const [coldest, hottest] = [1e-30, 1e30];

/** Undefined where there is no WebAssembly to do it. */
export function vectorContenders(): ContendersOf | undefined {
  const { i32, f32, v128 } = types;
  const instance = instanceOf({
    takes: [i32, i32, i32, i32, f32, f32, f32],
    gives: [i32],
    locals: [
      [3, i32],
      [threefryVectors + 3, v128],
    ],
    code: body(),
  });
  if (!instance) return undefined;
  let numbers = new Float32Array(instance.memory.buffer);
  const held = { count: 0, ids: new Int32Array(), words: new Uint32Array() };
  return (k0, k1, x0, logits, { max, needed, temperature }) => {
    const count = threefryCount(logits.length);
    const end = 4 * count;
    // In memory: the logits in whole vectors, the ids, the words.
    if (reserve(instance, 3 * end)) numbers = new Float32Array(instance.memory.buffer);
    // A memory that grew leaves its arrays empty.
    if (held.ids.length !== count) {
      held.ids = new Int32Array(instance.memory.buffer, end, count);
      held.words = new Uint32Array(instance.memory.buffer, 2 * end, count);
    }
    numbers.set(logits);
    numbers.fill(-Infinity, logits.length, count);
    const isTold = temperature >= coldest && temperature <= hottest;
    const base = isTold ? bitsOfAll + surely - bitsPerNat * needed : Infinity;
    const factor = bitsPerNat / temperature;
    held.count = instance.run(k0, k1, x0, end, max, base, factor) / 4;
    while (held.count > 0 && held.ids[held.count - 1]! >= logits.length) held.count--;
    return held;
  };
}

// Names of WebAssembly's specification.
const [i32Add, i32And, i32ShrU] = [[0x6a], [0x71], [0x76]];
const [isZero, isLess, storeInteger] = [[0x45], [0x49], [0x36, 2, 0]];
const load = vector(0x00, 4, 0);
const splat = vector(0x13);
const integerAt = (lane: number) => vector(0x1b, lane);
const isGreater = vector(0x44);
const [not, bitmask, shrU, toFloats] = [vector(0x4d), vector(0xa4), vector(0xad), vector(0xfa)];
const [sub, mul] = [vector(0xe5), vector(0xe6)];

// The function's locals: its parameters, then its own.
const [endOfLogits, largest, base, factor, at, listed, isBehind, firstVector] = [3, 4, 5, 6, 7, 8, 9, 10];
const [max, bound, slope] = [0, 1, 2].map((i) => firstVector + threefryVectors + i) as [
  number,
  number,
  number,
];

/** Lists all ids but those for which base - factor (max - logit) is less than the bits of 2^26 (1 - u), rounded down. */
function body(): number[] {
  const { begin, next, words } = threefryCode({ k0: 0, k1: 1, x0: 2, firstVector });
  const list = (four: number, lane: number) => [
    ...[...get(isBehind), ...constant(1 << lane), ...i32And, ...isZero],
    ...when(
      ...[...get(endOfLogits), ...get(listed), ...i32Add],
      ...[...get(at), ...constant(2), ...i32ShrU, ...constant(lane), ...i32Add, ...storeInteger],
      ...[...get(endOfLogits), ...get(endOfLogits), ...i32Add, ...get(listed), ...i32Add],
      ...[...get(four), ...integerAt(lane), ...storeInteger],
      ...[...get(listed), ...constant(4), ...i32Add, ...set(listed)],
    ),
  ];
  const compare = (four: number) => [
    // The bits of a float32, as an integer, are those of a number.
    ...[...get(four), ...not, ...constant(6), ...shrU, ...toFloats, ...toFloats],
    ...[...get(bound), ...get(max), ...get(at), ...load, ...sub, ...get(slope), ...mul, ...sub],
    ...[...isGreater, ...bitmask, ...set(isBehind)],
    ...[...get(isBehind), ...constant(2 ** together - 1), ...isLess],
    ...when(...[0, 1, 2, 3].flatMap((lane) => list(four, lane))),
    ...[...get(at), ...constant(vectorBytes), ...i32Add, ...set(at)],
  ];
  return [
    ...begin,
    ...[...get(largest), ...splat, ...set(max), ...get(base), ...splat, ...set(bound)],
    ...[...get(factor), ...splat, ...set(slope)],
    ...repeat(...next, ...words.flatMap(compare), ...get(at), ...get(endOfLogits)),
    ...get(listed),
  ];
}
