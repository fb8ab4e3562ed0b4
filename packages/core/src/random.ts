// Counter-based random numbers: a number depends on a key and a counter only, never on how many were drawn before.
// The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; 2011).
import { type Contenders, type ContendersOf, type Contest, vectorContenders } from './contenders.js';
import { type ThreefryWords, threefryWords } from './threefry-words.js';

/**
 * Encrypts the counter (x0, x1) under the key (k0, k1); both 32-bit words of the result go into `out`.
 * Rounds are written out: a token is chosen among a whole vocabulary of numbers, and a loop takes twice as long.
 */
export function threefry2x32(k0: number, k1: number, x0: number, x1: number, out: Uint32Array): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let a = (x0 + k0) | 0;
  let b = (x1 + k1) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 1) | 0;
  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 2) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k0) | 0;
  b = (b + k1 + 3) | 0;
  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 4) | 0;
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 5) | 0;
  out[0] = a;
  out[1] = b;
}

/** The standard Gumbel number of a uniform one. */
export function gumbelOf(uniform: number): number {
  return -Math.log(-Math.log(uniform));
}

/** Random numbers of one key. Every method is a pure function of the key and its arguments. */
export interface RandomKey {
  /** Two independent uniform 32-bit integers for the counter (a, b). Valid until the next call. */
  bits(a: number, b: number): Uint32Array;
  /** Uniform in the open interval (0, 1), 52 bits. */
  uniform(a: number, b: number): number;
  /** The first of the `bits` of (a, 0) to (a, count - 1). Its upper 26 bits are those of `uniform`. Valid until the next call of any key. */
  firstWords(a: number, count: number): Uint32Array;
  /** The ids b whose logit and gumbel(a, b) may count in a contest. Valid until the next call of any key. */
  contenders(a: number, logits: Float32Array, contest: Contest): Contenders;
  /** Standard Gumbel: argmax over i of (logit_i + gumbel_i) samples softmax(logits). */
  gumbel(a: number, b: number): number;
  /** Standard normal (Box–Muller). */
  normal(a: number, b: number): number;
}

// Made when they are first asked for.
let manyWords: ThreefryWords | undefined;
let contendersOf: ContendersOf | undefined;

function oneByOne(k0: number, k1: number, x0: number, count: number): Uint32Array {
  const out = new Uint32Array(2);
  return Uint32Array.from({ length: count }, (_, x1) => {
    threefry2x32(k0, k1, x0, x1, out);
    return out[0]!;
  });
}

/** Every id. */
const allContend: ContendersOf = (k0, k1, x0, { length }) => ({
  count: length,
  ids: Int32Array.from({ length }, (_, id) => id),
  words: oneByOne(k0, k1, x0, length),
});

/**
 * Numbers for a seed and a stream (what they are used for: a sample, an epoch).
 * @param seed integer in [0, 2^32)
 * @param stream integer in [0, 2^32)
 */
export function randomKey(seed: number, stream = 0): RandomKey {
  const out = new Uint32Array(2);
  const bits = (a: number, b: number) => {
    threefry2x32(seed, stream, a, b, out);
    return out;
  };
  // 26 bits of each word; the half keeps 0 and 1 out, exactly.
  const uniform = (a: number, b: number) => {
    threefry2x32(seed, stream, a, b, out);
    return ((out[0]! >>> 6) * 67108864 + (out[1]! >>> 6) + 0.5) / 4503599627370496;
  };
  return {
    bits,
    uniform,
    firstWords: (a, count) => {
      manyWords ??= threefryWords() ?? oneByOne;
      return manyWords(seed, stream, a, count);
    },
    contenders: (a, logits, contest) => {
      contendersOf ??= vectorContenders() ?? allContend;
      return contendersOf(seed, stream, a, logits, contest);
    },
    gumbel: (a, b) => gumbelOf(uniform(a, b)),
    normal: (a, b) => {
      threefry2x32(seed, stream, a, b, out);
      const radius = Math.sqrt(-2 * Math.log((out[0]! + 0.5) / 4294967296));
      return radius * Math.cos((2 * Math.PI * out[1]!) / 4294967296);
    },
  };
}

/** The stream under which the keys of records are made; no sample has this number. */
const recordStream = 2 ** 32 - 1;

/**
 * Numbers for a sample of a record, which is its place in the input of a run. Record 0 has those of (seed, sample). For a later one, Threefry
 * encrypts (record, sample) under (seed, `recordStream`) into 64 bits, which are the key: a permutation, so no two pairs of a seed share one,
 * and one of them is a key of record 0, or of another seed, with a chance of 2^-64.
 * @param seed integer in [0, 2^32)
 * @param record integer in [0, 2^32)
 * @param sample integer in [0, 2^32 - 1)
 */
export function recordKey(seed: number, record: number, sample = 0): RandomKey {
  if (record === 0) return randomKey(seed, sample);
  const [first, second] = randomKey(seed, recordStream).bits(record, sample);
  return randomKey(first!, second);
}
