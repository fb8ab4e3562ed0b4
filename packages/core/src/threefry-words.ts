// Threefry-2x32 for many counters at once, four in each vector: a WebAssembly function, put together here, several times as fast as one by one.

/** The first words of Threefry under the key (k0, k1), of the counters (x0, 0) to (x0, count - 1). They hold until the next call. */
export type ThreefryWords = (k0: number, k1: number, x0: number, count: number) => Uint32Array;

const pageBytes = 2 ** 16;
/** Of a vector: four numbers of 4 bytes. */
const vectorBytes = 16;

/** What is used of WebAssembly, which TypeScript knows in browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  validate(bytes: Uint8Array): boolean;
  readonly Instance: new (module: object) => { readonly exports: Exports };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  fill(k0: number, k1: number, x0: number, end: number): void;
}

/** Undefined where JavaScript runs without WebAssembly, or that without vectors, or where a limit of the process leaves it no addresses. */
export function threefryWords(): ThreefryWords | undefined {
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
  const bytes = Uint8Array.from(moduleBytes());
  if (!api?.validate(bytes)) return undefined;
  const exports = exportsOf(api, bytes);
  if (exports === undefined) return undefined;
  const { memory, fill } = exports;
  let words = new Uint32Array(memory.buffer);
  return (k0, k1, x0, count) => {
    const end = Math.max(1, Math.ceil((4 * count) / vectorBytes)) * vectorBytes;
    if (end > words.byteLength) {
      memory.grow(Math.ceil((end - words.byteLength) / pageBytes));
      words = new Uint32Array(memory.buffer);
    }
    fill(k0, k1, x0, end);
    return words.subarray(0, count);
  };
}

/** A memory of a page reserves gigabytes of addresses, so that no access needs a check. */
function exportsOf(api: WebAssemblyApi, bytes: Uint8Array): Exports | undefined {
  try {
    return new api.Instance(new api.Module(bytes)).exports;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

// Names of WebAssembly's specification.
const i32 = 0x7f;
const v128 = 0x7b;
const [i32Add, i32Xor, i32LtU, end] = [[0x6a], [0x73], [0x49], [0x0b]];
const splat = [0xfd, 0x11];
const or = [0xfd, 0x50];
const xor = [0xfd, 0x51];
const shl = [0xfd, 0xab, 0x01];
const shrU = [0xfd, 0xad, 0x01];
const add = [0xfd, 0xae, 0x01];
/** To an address that is a multiple of 16. */
const store = [0xfd, 0x0b, 4, 0];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const constant = (value: number) => [0x41, ...signed(value)];
const constants = (values: readonly number[]) => [0xfd, 0x0c, ...values.flatMap((value) => [value, 0, 0, 0])];

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
    ...[0x03, 0x40],
    ...[...get(first), ...set(a), ...get(second), ...set(b)],
    ...rounds,
    ...[...get(at), ...get(a), ...store],
    ...[...get(second), ...constants([4, 4, 4, 4]), ...add, ...set(second)],
    ...[...get(at), ...constant(vectorBytes), ...i32Add, ...set(at)],
    ...[...get(at), ...get(endOfWords), ...i32LtU, 0x0d, 0],
    ...end,
    ...end,
  ];
}

/** A module of one memory and one function, `fill`. */
function moduleBytes(): number[] {
  const section = (id: number, ...content: number[]) => [id, ...sized(content)];
  const name = (text: string) => sized([...text].map((letter) => letter.charCodeAt(0)));
  const locals = [2, 1, i32, vectors, v128];
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 4, i32, i32, i32, i32, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('fill'), 0, 0),
    ...section(10, 1, ...sized([...locals, ...body()])),
  ];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const rest = value >> 7;
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0);
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)];
}
