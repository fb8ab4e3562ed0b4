// Tensors over JavaScript's own memory: aligned arrays, and the OrtValue that describes them to the library.
import { type DType, numberOfElements, type StateStorage, sameShape } from '@maria/core';
import { ElementType } from '../onnx/proto.js';
import type { Handle } from './api-table.js';
import type { OrtRuntime } from './runtime.js';

/** What a program's values are held in, by dtype. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** The arrays that hold the elements of a dtype. */
export const hostArrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** What a state is held in: JavaScript has no numbers of float16 and bfloat16, only their bits. */
export type StateArray = Float32Array | Uint16Array;

const memoryArrays = { ...hostArrays, float16: Uint16Array, bfloat16: Uint16Array };

/** One cache line, and the width of the widest vector registers. */
const alignment = 64;

/** A zeroed array that starts at a multiple of 64 bytes. */
export function alignedArray(runtime: OrtRuntime, dtype: StateStorage, length: number): StateArray;
export function alignedArray(runtime: OrtRuntime, dtype: DType, length: number): HostArray;
export function alignedArray(
  runtime: OrtRuntime,
  dtype: DType | StateStorage,
  length: number,
): HostArray | StateArray {
  const ArrayType = memoryArrays[dtype];
  const memory = new ArrayBuffer(length * ArrayType.BYTES_PER_ELEMENT + alignment);
  const past = Number(runtime.addressOf(memory) % BigInt(alignment));
  return new ArrayType(memory, past === 0 ? 0 : alignment - past, length);
}

/** Gives zeroed arrays for what sessions read and write. */
export type AllocateHost = (dtype: DType, length: number) => HostArray;

/** An OrtValue over the start of `array`, which the caller keeps alive longer. Release it with ReleaseValue. */
export function valueOver(
  { api, cpuMemory }: OrtRuntime,
  array: HostArray | StateArray,
  dtype: DType | StateStorage,
  shape: readonly number[],
): Handle<'Value'> {
  const bytes = numberOfElements(shape) * array.BYTES_PER_ELEMENT;
  if (bytes > array.byteLength)
    throw new RangeError(`a buffer of ${array.byteLength} bytes cannot hold ${dtype} [${shape.join(', ')}]`);
  return api.CreateTensorWithDataAsOrtValue(
    cpuMemory,
    array,
    bytes,
    dimsOf(shape),
    shape.length,
    ElementType[dtype],
  );
}

/** A shape as int64_t[]. That of a scalar is never read, but must have an address. */
export function dimsOf(shape: readonly number[]): BigInt64Array {
  return BigInt64Array.from(shape.length > 0 ? shape : [0], BigInt);
}

/** A tensor whose shape changes from run to run. Its memory only grows, so that steady use allocates nothing. */
export class TensorBuffer {
  readonly dtype: DType;
  readonly #runtime: OrtRuntime;
  readonly #allocate: AllocateHost;
  #memory: HostArray;
  #data: HostArray;
  #shape: readonly number[] | undefined;
  #value: Handle<'Value'> | undefined;

  /** @param allocate by default in the memory of JavaScript */
  constructor(runtime: OrtRuntime, dtype: DType, allocate?: AllocateHost) {
    this.#runtime = runtime;
    this.#allocate = allocate ?? ((type, length) => alignedArray(runtime, type, length));
    this.dtype = dtype;
    this.#memory = new hostArrays[dtype](0);
    this.#data = this.#memory;
  }

  /** Exactly the elements of the current shape. */
  get data(): HostArray {
    return this.#data;
  }

  /** Gives it a shape. Returns whether the value must be bound again: it is a new one where the shape differs. */
  reshape(shape: readonly number[]): boolean {
    if (this.#shape && sameShape(this.#shape, shape)) return false;
    const length = numberOfElements(shape);
    // An array of no elements has no address, so that there is always room for one.
    const memory =
      length <= this.#memory.length && this.#memory.length > 0
        ? this.#memory
        : this.#allocate(this.dtype, Math.max(1, length, Math.ceil(this.#memory.length * growth)));
    const value = valueOver(this.#runtime, memory, this.dtype, shape);
    this.dispose();
    this.#value = value;
    this.#memory = memory;
    this.#data = memory.subarray(0, length);
    this.#shape = [...shape];
    return true;
  }

  /** What describes this tensor to the library, until its shape changes. */
  get value(): Handle<'Value'> {
    if (this.#value === undefined) throw new Error('a tensor has no value before it has a shape');
    return this.#value;
  }

  /** Releases the OrtValue; the next `reshape` makes one again. */
  dispose(): void {
    if (this.#value !== undefined) this.#runtime.api.ReleaseValue(this.#value);
    this.#value = undefined;
    this.#shape = undefined;
  }
}

/** Lengths often rise by one token at a time: leave room for some. */
const growth = 1.5;
