// Symbolic tensors: immutable nodes that remember the op and the inputs that make them. Nothing is computed here.
import type { DType } from './dtype.js';
import type { Shape } from './shape.js';
import type { Value } from './values.js';

export interface Tensor<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What the reference evaluation knows of a node when it computes it. */
export interface EvaluationContext {
  /** Concrete shape of the node's result. */
  readonly shape: readonly number[];
  /** A zeroed array for the result's floats, in the precision of this evaluation. */
  floats(length: number): Float32Array | Float64Array;
}

/**
 * An op is data: a name that backends lower, the shape and dtype of its result, its meaning in plain TypeScript,
 * and its gradient as a program. One file an op in core/ops.
 */
export interface Op<A = unknown> {
  readonly name: string;
  /** Shape and dtype of the result. @throws ShapeError with the rule and the values when the inputs do not fit */
  infer(inputs: readonly Tensor[], attributes: A): { shape: Shape; dtype: DType };
  /** The reference: obvious, exact to the dtype, not fast. Never writes to its inputs, except to state tensors. */
  evaluate(inputs: readonly Value[], attributes: A, context: EvaluationContext): Value;
  /** Of a product with a matrix, the second input: the axis of the matrix that is summed over. Undefined where there is none such. */
  summedAxis?(attributes: A): 0 | 1 | undefined;
  /**
   * Gradient of a scalar with respect to each input, given the gradient with respect to the result.
   * `null` where an input has none (ids, masks). Absent on ops that are never differentiated.
   */
  gradient?(node: Tensor<A>, upstream: Tensor): readonly (Tensor | null)[];
}

/** Makes a node: checks its inputs and infers its shape. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor<A> {
  const { shape, dtype } = op.infer(inputs, attributes);
  return Object.freeze({ op, inputs, attributes, shape, dtype });
}
