// Arithmetic of two float32 tensors with NumPy broadcasting; a number stands for a scalar.
import type { DType } from '../tensor/dtype.js';
import { constant } from '../tensor/leaves.js';
import { ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { float32, int32 } from '../tensor/values.js';
import { broadcastAll, type NoAttributes, requireDtype } from './checks.js';
import { lessOrEqual } from './compare.js';
import { sumTo } from './reduce.js';
import { broadcastStrides, offsetsOf } from './strided.js';
import { negate } from './unary.js';
import { where } from './where.js';

/** A tensor, or a number that stands for a scalar constant. */
export type Operand = Tensor | number;

/** The operand as a tensor; a number becomes a scalar constant of `dtype`. @throws ShapeError for 0.5 as int32 */
export function asTensor(operand: Operand, dtype: DType = 'float32'): Tensor {
  if (typeof operand !== 'number') return operand;
  if (dtype !== 'int32') return constant(float32([operand], []));
  if (!Number.isInteger(operand))
    throw new ShapeError(`an int32 tensor needs an integer beside it, got ${operand}`);
  return constant(int32([operand], []));
}

function binaryOp(
  name: string,
  compute: (a: number, b: number) => number,
  /** Gradients of both operands before they are summed back over broadcast axes. */
  gradient: (a: Tensor, b: Tensor, upstream: Tensor, result: Tensor) => readonly [Tensor, Tensor],
): Op<NoAttributes> {
  return {
    name,
    infer: ([a, b]) => {
      requireDtype(name, 'float32', a, b);
      return { shape: broadcastAll(name, a!.shape, b!.shape), dtype: 'float32' };
    },
    evaluate: ([a, b], _attributes, { shape, floats }) => {
      const fromA = offsetsOf(shape, broadcastStrides(a!.shape, shape));
      const fromB = offsetsOf(shape, broadcastStrides(b!.shape, shape));
      const data = floats(fromA.length);
      for (let i = 0; i < data.length; i++) data[i] = compute(a!.data[fromA[i]!]!, b!.data[fromB[i]!]!);
      return { dtype: 'float32', shape, data };
    },
    gradient: (node, upstream) => {
      const [a, b] = node.inputs as readonly [Tensor, Tensor];
      const [da, db] = gradient(a, b, upstream, node);
      return [sumTo(da, a.shape), sumTo(db, b.shape)];
    },
  };
}

export const addOp = binaryOp(
  'add',
  (a, b) => a + b,
  (_a, _b, upstream) => [upstream, upstream],
);

export const subtractOp = binaryOp(
  'subtract',
  (a, b) => a - b,
  (_a, _b, upstream) => [upstream, negate(upstream)],
);

export const multiplyOp = binaryOp(
  'multiply',
  (a, b) => a * b,
  (a, b, upstream) => [multiply(upstream, b), multiply(upstream, a)],
);

export const divideOp = binaryOp(
  'divide',
  (a, b) => a / b,
  (_a, b, upstream, quotient) => [divide(upstream, b), negate(divide(multiply(upstream, quotient), b))],
);

// Where both are equal, all of the gradient goes to the first operand: one valid subgradient.
export const maximumOp = binaryOp('maximum', Math.max, (a, b, upstream) => {
  const first = lessOrEqual(b, a);
  return [where(first, upstream, 0), where(first, 0, upstream)];
});

function binary(op: Op<NoAttributes>): (a: Operand, b: Operand) => Tensor {
  return (a, b) => apply(op, [asTensor(a), asTensor(b)], {});
}

/** a + b */
export const add = binary(addOp);
/** a - b */
export const subtract = binary(subtractOp);
/** a * b, element by element */
export const multiply = binary(multiplyOp);
/** a / b */
export const divide = binary(divideOp);
/** The larger of a and b; NaN if either is NaN. */
export const maximum = binary(maximumOp);
