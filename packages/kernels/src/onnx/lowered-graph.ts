// What lowering a program gives: a serialised ONNX model, and how the program's names map to the graph's.
import type { DType, Shape } from '@maria/core';

export interface GraphValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** State that the graph reads as `past` and writes as `present`; both may be the same memory. */
export interface GraphState {
  /** Name of the state in the program. */
  readonly name: string;
  /** [1, kvHeads, capacity, headDim] with the full capacity. */
  readonly shape: readonly number[];
  readonly past: string;
  readonly present: string;
}

export interface LoweredGraph {
  /** Serialised ModelProto. Large initializers point into files by name, relative to `externalDataFolder`. */
  readonly model: Uint8Array;
  /** The one folder that all external files are in; absent when the model holds everything. */
  readonly externalDataFolder?: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly states: readonly GraphState[];
}
