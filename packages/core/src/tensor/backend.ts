// What runs programs: the interface between models (functions over ops) and kernels.
import type { StorageDType } from './dtype.js';
import type { Program } from './program.js';
import type { TensorData, Value } from './values.js';

/** Where a stored tensor's bytes are: a range of a file (mapped by the backend), or memory. */
export type WeightLocation =
  | { readonly kind: 'file'; readonly file: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'memory'; readonly bytes: Uint8Array };

export interface StoredTensor {
  readonly name: string;
  readonly dtype: StorageDType;
  readonly shape: readonly number[];
  readonly location: WeightLocation;
}

/** The tensors of a checkpoint, by name. */
export interface WeightSource {
  get(name: string): StoredTensor | undefined;
  names(): Iterable<string>;
  /** The first `length` elements (all by default) as float32, read and converted now. For the reference and for tools. */
  read(name: string, length?: number): Float32Array;
}

export type Inputs = Readonly<Record<string, Value>>;
export type Outputs = Readonly<Record<string, Value>>;

/** The memory of a program's variables, by their names, each of exactly its variable's size. */
export type VariableMemory = Readonly<Record<string, Float32Array>>;

/** A compiled program with its weights and its state. One run at a time. */
export interface Executable {
  /**
   * Computes the outputs. The arrays of the result belong to the executable and hold until its next run:
   * copy what you keep. A run that fails or is interrupted leaves the variables that it updates undefined.
   * @throws ShapeError when an input's shape does not fit
   */
  run(inputs: Inputs): Promise<Outputs>;
  /** Asks a run in progress to stop; it rejects with InterruptedError. */
  interrupt(): void;
  /** Bytes of state (KV cache), allocated once. */
  readonly stateBytes: number;
  dispose(): void;
}

export interface Backend {
  /** For example `reference`, `ort`, `ort-node`. */
  readonly name: string;
  /**
   * @param variables stays the caller's: runs read and update it, and several executables may share it, one run at a time
   * @throws ShapeError when the memory of a variable is missing or of another size
   */
  compile(program: Program, weights: WeightSource, variables?: VariableMemory): Promise<Executable>;
}

export type { TensorData };
