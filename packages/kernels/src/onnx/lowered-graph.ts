// What lowering a program gives: a serialised ONNX model, and how the program's names map to the graph's.
import type { DType, Shape, StateStorage } from '@maria/core';

export interface GraphValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** State of one lane that a slot of the graph reads as `past` and writes as `present`; both may be the same memory. */
export interface GraphStateSlot {
  readonly past: string;
  readonly present: string;
}

export interface GraphState {
  /** Name of the state in the program. */
  readonly name: string;
  readonly lanes: number;
  /** Of one lane, [1, kvHeads, capacity, headDim] with all that it has room for. */
  readonly shape: readonly number[];
  readonly dtype: StateStorage;
  readonly slots: readonly GraphStateSlot[];
}

/** Memory of the caller that the graph reads as `input`, and writes as `output`. */
export interface GraphVariable {
  /** Name of the variable in the program. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Absent when it is not read. */
  readonly input?: string;
  /** Absent when it is not updated. */
  readonly output?: string;
  /** Whether input and output may be the same memory. */
  readonly inPlace: boolean;
}

export interface LoweredGraph {
  /** Serialised ModelProto. Large initializers point into files by name, relative to `externalDataFolder`. */
  readonly model: Uint8Array;
  /** The one folder that all external files are in; absent when the model holds everything. */
  readonly externalDataFolder?: string;
  readonly inputs: readonly GraphValue[];
  /** Inputs that tell the slots of the attention kernels their rows and lengths, see kernel-slots.ts. */
  readonly slotInputs: readonly GraphValue[];
  /** How many slots those tell of. */
  readonly slots: number;
  readonly outputs: readonly GraphValue[];
  readonly states: readonly GraphState[];
  readonly variables: readonly GraphVariable[];
}

/** Name of a result in the shape of its tensor; or as a matrix, [all axes but the last in one, last axis], with all rows or with padded ones. */
export type Lowered = string | { readonly rows: string } | { readonly paddedRows: string };
