// What builders take: a tensor, or a number that stands for a scalar.
import type { DType } from '../tensor/dtype.js';
import { constant } from '../tensor/leaves.js';
import { ShapeError } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32, int32 } from '../tensor/values.js';

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
