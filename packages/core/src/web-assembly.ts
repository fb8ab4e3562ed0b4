// WebAssembly that is put together here: functions over vectors, several times as fast as JavaScript where all of a vocabulary is gone through.

/** A module's one memory, and its one function. */
export interface Instance {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  run(...parameters: number[]): number;
}

export interface FunctionBody {
  /** Types of the parameters. */
  readonly takes: readonly number[];
  /** Types of the results: one or none. */
  readonly gives?: readonly number[];
  /** Further locals: how many of which type, numbered after the parameters. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: readonly number[];
}

/** What is used of WebAssembly, which TypeScript knows in browsers only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  validate(bytes: Uint8Array): boolean;
  readonly Instance: new (module: object) => { readonly exports: Instance };
}

export const pageBytes = 2 ** 16;

/** Undefined where JavaScript runs without WebAssembly, or that without vectors, or where a limit of the process leaves it no addresses. */
export function instanceOf(body: FunctionBody): Instance | undefined {
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
  const bytes = Uint8Array.from(moduleBytes(body));
  if (!api?.validate(bytes)) return undefined;
  try {
    return new api.Instance(new api.Module(bytes)).exports;
  } catch (error) {
    // A memory of a page reserves gigabytes of addresses, so that no access needs a check.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Grows the memory where it is too small. @returns whether it did: arrays over it are of no use then */
export function reserve({ memory }: Instance, bytes: number): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  return missing > 0;
}

// Names of WebAssembly's specification.
export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export const get = (local: number): number[] => [0x20, local];
export const set = (local: number): number[] => [0x21, local];
export const constant = (value: number): number[] => [0x41, ...signed(value)];
export const end = [0x0b];
/** Instructions on vectors have a number after this byte. */
export const vector = (instruction: number, ...more: number[]): number[] => [
  0xfd,
  ...unsigned(instruction),
  ...more,
];
/** `while (at < last)` after a first time; what is repeated ends with the comparison's operands on the stack. */
export const repeat = (...body: number[]): number[] => [0x03, 0x40, ...body, 0x49, 0x0d, 0, ...end];

/** What is done where the number on the stack is not 0. */
export const when = (...body: number[]): number[] => [0x04, 0x40, ...body, ...end];

/** A module of one memory and one function. */
function moduleBytes({ takes, gives = [], locals, code }: FunctionBody): number[] {
  const section = (id: number, ...content: number[]) => [id, ...sized(content)];
  const name = (text: string) => sized([...text].map((letter) => letter.charCodeAt(0)));
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, takes.length, ...takes, gives.length, ...gives),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('run'), 0, 0),
    ...section(10, 1, ...sized([locals.length, ...locals.flat(), ...code, ...end])),
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
