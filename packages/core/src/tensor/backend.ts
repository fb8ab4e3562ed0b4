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

/**
 * A matrix of integers in blocks along one axis, each block with a scale of its own. Seen as [rows, columns] with the
 * blocks along the columns: element = (integer - 8) * scale, the integers unsigned, row-major; of the two integers of a
 * byte the first is in the low half.
 */
export interface BlockQuantizedTensor {
  readonly name: string;
  readonly dtype: 'int4';
  /** As programs see it. */
  readonly shape: readonly [number, number];
  /** The axis along which blocks run; with 0, rows and columns are those of the transposed matrix. */
  readonly axis: 0 | 1;
  /** Elements of a block; divides the length of the axis. */
  readonly blockSize: number;
  /** uint8 [rows, columns / 2] */
  readonly data: WeightLocation;
  /** float32 [rows, columns / blockSize] */
  readonly scales: WeightLocation;
}

/**
 * A matrix of signed integers with a scale for each output of the product: element = integer * scale. Products with it are those of
 * `multiplyInt8`, which rounds the input as well.
 */
export interface ChannelQuantizedTensor {
  readonly name: string;
  readonly dtype: 'int8';
  /** As programs see it. */
  readonly shape: readonly [number, number];
  /** The axis of the inputs, along which products are summed. */
  readonly axis: 0 | 1;
  /** int8 [inputs, outputs], whatever the axis is. */
  readonly data: WeightLocation;
  /** float32 [outputs] */
  readonly scales: WeightLocation;
  /** The same, read now. For the reference and for tools. */
  read(): { readonly integers: Int8Array; readonly scales: Float32Array };
}

export type QuantizedTensor = BlockQuantizedTensor | ChannelQuantizedTensor;

export function isQuantized(tensor: StoredTensor | QuantizedTensor): tensor is QuantizedTensor {
  return 'scales' in tensor;
}

/** The tensors of a checkpoint, by name. */
export interface WeightSource {
  get(name: string): StoredTensor | QuantizedTensor | undefined;
  names(): Iterable<string>;
  /** The first `length` elements (all by default) as float32, read and converted now. For the reference and for tools. */
  read(name: string, length?: number): Float32Array;
}

export type Inputs = Readonly<Record<string, Value>>;
export type Outputs = Readonly<Record<string, Value>>;

/** The memory of a program's variables, by their names, each of exactly its variable's size. */
export type VariableMemory = Readonly<Record<string, Float32Array>>;

/** The memory of a variable, and the shape in which every program over it has it. */
export interface ShapedMemory {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Variables that a backend holds where it computes, in place of the caller's memory. */
export interface HeldVariables {
  /**
   * Brings what runs have made of these arrays into them, in the order of the calls. Nothing is done for those that no run has updated since.
   * A run that was called before is waited for.
   * @param arrays among those that are held. @default all
   * @throws UsageError `variable-not-held` for another, or after `dispose`
   */
  read(arrays?: readonly Float32Array[]): Promise<void>;
  /** Forgets what was not read. Executables that went over them go over the arrays from then on. Safe to call again. */
  dispose(): void;
}

/** A compiled program with its weights and its state. One run at a time. */
export interface Executable {
  /**
   * Computes the outputs. The arrays of the result belong to the executable and hold until its next run begins, or for good
   * where runs may be in progress at once: copy what you keep. A run that fails or is interrupted leaves the variables that it updates undefined.
   * @param variables memory in this run. @default what was given to `compile`
   * @throws ShapeError when an input's shape, or the size of a variable's memory, does not fit
   */
  run(inputs: Inputs, variables?: VariableMemory): Promise<Outputs>;
  /**
   * Makes the lane `to` of every KV cache hold the first `length` tokens of the lane `from`. Not during a run that reads `to`.
   * @throws ShapeError for a lane that is not there, or more tokens than it holds
   */
  copyLane(from: number, to: number, length: number): Promise<void>;
  /** Asks a run in progress to stop; it rejects with InterruptedError. */
  interrupt(): void;
  /** Most runs in progress at the same time. Each reads other lanes, or goes over other variables. */
  readonly runsAtOnce: number;
  /** Most sequences of one run, of a program that packs them (laneAttention, packedAttention). */
  readonly mostSequences: number;
  /** Bytes of state (KV cache), allocated once. */
  readonly stateBytes: number;
  dispose(): void;
}

export interface Backend {
  /** For example `reference`, `ort`, `ort-node`. */
  readonly name: string;
  /** Where it computes, for example `cpu`, `cuda:0`. */
  readonly device: string;
  /**
   * @param variables stays the caller's: runs read and update it, and several executables may share it, one run at a time
   * @throws ShapeError when the memory of a variable is missing or of another size
   */
  compile(program: Program, weights: WeightSource, variables?: VariableMemory): Promise<Executable>;
  /**
   * Copies variables to where it computes. Runs that are given these very arrays read and update the copies, and the arrays are as they were until they
   * are read. Without it a run copies what it reads there, and what it updates back. Absent where runs go over the caller's memory itself.
   * @throws UsageError `no-variables` where none are given, `variable-held` where one of them is held already; DeviceError when the device has no room for them
   */
  hold?(variables: readonly ShapedMemory[]): Promise<HeldVariables>;
}

export type { TensorData };
