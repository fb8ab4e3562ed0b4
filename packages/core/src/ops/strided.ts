// Reading arrays by strides: broadcasting, transposing, slicing and reducing are one walk over offsets.
import type { DType } from '../tensor/dtype.js';
import { numberOfElements, stridesOf } from '../tensor/shape.js';
import type { EvaluationContext } from '../tensor/tensor.js';
import type { TensorData, Value } from '../tensor/values.js';

/** For each element of `shape` in row-major order, its offset under `strides`, counted from `start`. */
export function offsetsOf(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(numberOfElements(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return offsets;
}

/** Strides that read an array of shape `from` as if it had shape `to`: 0 along the axes that are repeated. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}

/** A zeroed array for elements of a dtype, in the precision of the evaluation. */
export function allocate(dtype: DType, length: number, context: EvaluationContext): TensorData {
  if (dtype === 'float32') return context.floats(length);
  return dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length);
}

/** A value of the result's shape, read from `source` by strides. */
export function readStrided(
  source: Value,
  strides: readonly number[],
  context: EvaluationContext,
  start = 0,
): Value {
  const offsets = offsetsOf(context.shape, strides, start);
  const data = allocate(source.dtype, offsets.length, context);
  for (let i = 0; i < offsets.length; i++) data[i] = source.data[offsets[i]!]!;
  return { dtype: source.dtype, shape: context.shape, data };
}
