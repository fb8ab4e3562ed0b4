// Threefry-2x32 for many counters at once, four in each vector: a WebAssembly function, several times as fast as one by one.
import { constant, get, instanceOf, repeat, reserve, set, types, vector } from './web-assembly.js';

/** The first words of Threefry under the key (k0, k1), of the counters (x0, 0) to (x0, count - 1). They hold until the next call. */
export type ThreefryWords = (k0: number, k1: number, x0: number, count: number) => Uint32Array;

/** Of a vector: four numbers of 4 bytes. */
const vectorBytes = 16;

/** Undefined where there is no WebAssembly to do it. */
export function threefryWords(): ThreefryWords | undefined {
  const { i32, v128 } = types;
  const instance = instanceOf({
    takes: [i32, i32, i32, i32],
    locals: [
      [1, i32],
      [threefryVectors, v128],
    ],
    code: body(),
  });
  if (!instance) return undefined;
  let words = new Uint32Array(instance.memory.buffer);
  return (k0, k1, x0, count) => {
    const end = 4 * threefryCount(count);
    if (reserve(instance, end)) words = new Uint32Array(instance.memory.buffer);
    instance.run(k0, k1, x0, end);
    return words.subarray(0, count);
  };
}

// Names of WebAssembly's specification.
const [i32Add, i32Xor] = [[0x6a], [0x73]];
const splat = vector(0x11);
const or = vector(0x50);
const xor = vector(0x51);
const shl = vector(0xab);
const shrU = vector(0xad);
const add = vector(0xae);
/** To an address that is a multiple of 16. */
const store = vector(0x0b, 4, 0);
const numbers = (...values: readonly number[]) =>
  vector(0x0c, ...values.flatMap((value) => [value, 0, 0, 0]));

/** Numbers of a function's locals. */
interface ThreefryLocals {
  /** 32-bit integers: the key's words, and the counter's first. */
  readonly k0: number;
  readonly k1: number;
  readonly x0: number;
  /** Of vectors, `threefryVectors` of them. */
  readonly firstVector: number;
}

/** Counters at once: two vectors of four, so that the processor works on one while it waits for the other. */
const atOnce = 8;

/** Counters that are gone through where there are to be so many: at least a time. */
export function threefryCount(count: number): number {
  return atOnce * Math.max(1, Math.ceil(count / atOnce));
}

/** Vectors among the locals, from `firstVector` on. */
export const threefryVectors = 15;

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Instructions that make first words of counter after counter. */
export function threefryCode({ k0, k1, x0, firstVector }: ThreefryLocals) {
  let free = firstVector;
  const vectorLocal = () => free++;
  const keys = [vectorLocal(), vectorLocal(), vectorLocal()] as const;
  /** What is added to second words after each four rounds. */
  const added = [1, 2, 3, 4, 5].map(vectorLocal);
  /** What the words of the next counters begin as, and how the second goes on. */
  const [first, second, four] = [vectorLocal(), vectorLocal(), vectorLocal()];
  const pairs = [1, 2].map(() => [vectorLocal(), vectorLocal()] as const);
  /** Of each pair: a += b; b = rotated(b) ^ a */
  const round = (bits: number) =>
    pairs.flatMap(([a, b]) => [
      ...[...get(a), ...get(b), ...add, ...set(a)],
      ...[...get(b), ...constant(bits), ...shl, ...get(b), ...constant(32 - bits), ...shrU, ...or],
      ...[...get(a), ...xor, ...set(b)],
    ]);
  return {
    begin: [
      ...[...get(k0), ...splat, ...set(keys[0]), ...get(k1), ...splat, ...set(keys[1])],
      ...[...get(k0), ...get(k1), ...i32Xor, ...constant(0x1bd11bda), ...i32Xor, ...splat, ...set(keys[2])],
      ...added.flatMap((sum, i) => [
        ...[...get(keys[(i + 2) % 3]!), ...constant(i + 1), ...splat, ...add, ...set(sum)],
      ]),
      ...[...get(x0), ...get(k0), ...i32Add, ...splat, ...set(first)],
      ...[...numbers(0, 1, 2, 3), ...get(keys[1]), ...add, ...set(second)],
      ...[...constant(4), ...splat, ...set(four)],
    ],
    next: [
      ...pairs.flatMap(([a, b]) => [
        ...[...get(first), ...set(a), ...get(second), ...set(b)],
        ...[...get(second), ...get(four), ...add, ...set(second)],
      ]),
      ...added.flatMap((sum, i) => [
        ...rotations[i % 2]!.flatMap(round),
        ...pairs.flatMap(([a, b]) => [
          ...[...get(a), ...get(keys[(i + 1) % 3]!), ...add, ...set(a)],
          ...[...get(b), ...get(sum), ...add, ...set(b)],
        ]),
      ]),
    ],
    /** Locals that then hold the first words, four each. */
    words: pairs.map(([a]) => a),
  };
}

// The function's locals: its parameters, then its own.
const [endOfWords, at] = [3, 4];

function body(): number[] {
  const { begin, next, words } = threefryCode({ k0: 0, k1: 1, x0: 2, firstVector: 5 });
  return [
    ...begin,
    ...repeat(
      ...next,
      ...words.flatMap((four) => [
        ...[...get(at), ...get(four), ...store],
        ...[...get(at), ...constant(vectorBytes), ...i32Add, ...set(at)],
      ]),
      ...[...get(at), ...get(endOfWords)],
    ),
  ];
}
