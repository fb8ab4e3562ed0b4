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
      [vectors, v128],
    ],
    code: body(),
  });
  if (!instance) return undefined;
  let words = new Uint32Array(instance.memory.buffer);
  return (k0, k1, x0, count) => {
    const end = Math.max(1, Math.ceil((4 * count) / vectorBytes)) * vectorBytes;
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
const constants = (values: readonly number[]) => vector(0x0c, ...values.flatMap((value) => [value, 0, 0, 0]));

// The function's locals: its parameters, then its own.
const [k0, k1, x0, endOfWords, at] = [0, 1, 2, 3, 4];
/** Vectors: the key's three words, what a counter's two words begin as, and the two words. */
const [key0, key1, key2, first, second, a, b] = [5, 6, 7, 8, 9, 10, 11];
const vectors = 7;

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** a += b; b = rotated(b) ^ a */
function round(bits: number): number[] {
  return [
    ...[...get(a), ...get(b), ...add, ...set(a)],
    ...[...get(b), ...constant(bits), ...shl, ...get(b), ...constant(32 - bits), ...shrU, ...or],
    ...[...get(a), ...xor, ...set(b)],
  ];
}

/** After each four rounds: a += one of the key's words; b += the next one + number */
function inject(number: number): number[] {
  const keys = [key0, key1, key2] as const;
  const [toA, toB] = [keys[number % 3]!, keys[(number + 1) % 3]!];
  return [
    ...[...get(a), ...get(toA), ...add, ...set(a)],
    ...[...get(b), ...get(toB), ...add, ...constants([number, number, number, number]), ...add, ...set(b)],
  ];
}

function body(): number[] {
  const rounds = [1, 2, 3, 4, 5].flatMap((number) => [
    ...rotations[(number - 1) % 2]!.flatMap(round),
    ...inject(number),
  ]);
  return [
    ...[...get(k0), ...splat, ...set(key0), ...get(k1), ...splat, ...set(key1)],
    ...[...get(k0), ...get(k1), ...i32Xor, ...constant(0x1bd11bda), ...i32Xor, ...splat, ...set(key2)],
    ...[...get(x0), ...get(k0), ...i32Add, ...splat, ...set(first)],
    ...[...constants([0, 1, 2, 3]), ...get(key1), ...add, ...set(second)],
    ...repeat(
      ...[...get(first), ...set(a), ...get(second), ...set(b)],
      ...rounds,
      ...[...get(at), ...get(a), ...store],
      ...[...get(second), ...constants([4, 4, 4, 4]), ...add, ...set(second)],
      ...[...get(at), ...constant(vectorBytes), ...i32Add, ...set(at)],
      ...[...get(at), ...get(endOfWords)],
    ),
  ];
}
