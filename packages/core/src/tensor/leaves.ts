// The leaves of a program: inputs, weights, constants, and what lives between runs: state and variables.
import type { DType, StateStorage } from './dtype.js';
import type { Shape } from './shape.js';
import { apply, type Op, type Tensor } from './tensor.js';
import type { Value } from './values.js';

interface Named {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface WeightAttributes {
  /** Name of the tensor in the checkpoint. */
  readonly name: string;
  /** Shape of the part that is used: the stored shape, or its first rows. */
  readonly shape: readonly number[];
}

function leaf<A extends Named>(name: string): Op<A> {
  return {
    name,
    infer: (_inputs, attributes) => attributes,
    evaluate: () => {
      throw new Error(`${name} is bound by whoever runs the program`);
    },
  };
}

export const inputOp = leaf<Named>('input');
/** State keeps its contents between runs of one executable; only `laneAttention` writes to it. */
export const stateOp = leaf<Named & { readonly storage: StateStorage }>('state');

/** Memory of the caller, which programs read and, where they are traced with updates, write. */
export const variableOp = leaf<Named & { readonly shape: readonly number[] }>('variable');

export const weightOp: Op<WeightAttributes> = {
  name: 'weight',
  infer: (_inputs, { shape }) => ({ shape, dtype: 'float32' }),
  evaluate: () => {
    throw new Error('weights are bound by whoever runs the program');
  },
};

export const constantOp: Op<Value> = {
  name: 'constant',
  infer: (_inputs, { shape, dtype }) => ({ shape, dtype }),
  evaluate: (_inputs, value) => value,
};

/** A value given at each run. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  return apply(inputOp, [], { name, shape, dtype });
}

/**
 * A buffer that belongs to the executable, zero at first, for example one layer's keys: [kvHeads, capacity, headDim].
 * As float16 or bfloat16 it holds what is written to it rounded, in half the memory; a backend that cannot says so when it compiles.
 */
export function state(name: string, shape: readonly number[], storage: StateStorage = 'float32'): Tensor {
  return apply(stateOp, [], { name, shape, dtype: 'float32', storage });
}

/**
 * Float32 memory that the caller gives when a program is compiled, and may give to several programs: a parameter that is
 * trained, its gradient, an optimiser's moment.
 */
export function variable(name: string, shape: readonly number[]): Tensor {
  return apply(variableOp, [], { name, shape, dtype: 'float32' });
}

/** A tensor of the checkpoint. */
export function weight(name: string, shape: readonly number[]): Tensor {
  return apply(weightOp, [], { name, shape });
}

export function constant(value: Value): Tensor {
  return apply(constantOp, [], value);
}

export function isOp<A>(tensor: Tensor, op: Op<A>): tensor is Tensor<A> {
  return (tensor.op as Op<never>) === (op as Op<never>);
}
