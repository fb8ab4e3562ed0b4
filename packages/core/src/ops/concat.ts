// concat: joins tensors along one axis.
import {
  type Dim,
  formatShape,
  normalizeAxis,
  numberOfElements,
  ShapeError,
  sameShape,
} from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireNumber, requireSameDtype } from './checks.js';
import { split } from './slice.js';
import { allocate } from './strided.js';

export interface ConcatAttributes {
  /** Counted from the start. */
  readonly axis: number;
  /** Length of the result along the axis. */
  readonly length: Dim;
}

export const concatOp: Op<ConcatAttributes> = {
  name: 'concat',
  infer: (inputs, { axis, length }) => {
    requireSameDtype('concat', ...inputs);
    const { shape, dtype } = inputs[0]!;
    if (
      inputs.some(
        (x) => x.shape.length !== shape.length || !sameShape(x.shape.with(axis, 0), shape.with(axis, 0)),
      )
    )
      throw new ShapeError(
        `concat needs shapes that differ only on axis ${axis}, got ${inputs.map((x) => formatShape(x.shape)).join(' and ')}`,
      );
    return { shape: shape.with(axis, length), dtype };
  },
  evaluate: (inputs, { axis }, context) => {
    const { shape } = context;
    const lengths = inputs.map((x) => x.shape[axis]!);
    if (lengths.reduce((a, b) => a + b, 0) !== shape[axis])
      throw new ShapeError(
        `concat of lengths ${lengths.join(' and ')} was declared to have length ${shape[axis]}`,
      );
    const { dtype } = inputs[0]!;
    const data = allocate(dtype, numberOfElements(shape), context);
    const outer = numberOfElements(shape.slice(0, axis));
    const inner = numberOfElements(shape.slice(axis + 1));
    let at = 0;
    for (let i = 0; i < outer; i++) {
      for (const [k, x] of inputs.entries()) {
        const size = lengths[k]! * inner;
        data.set(x.data.subarray(i * size, (i + 1) * size), at);
        at += size;
      }
    }
    return { dtype, shape, data };
  },
  gradient: ({ inputs, attributes: { axis } }, upstream) =>
    split(
      upstream,
      inputs.map((x) =>
        requireNumber('the gradient of concat', `axis ${axis} of every input`, x.shape[axis]),
      ),
      axis,
    ),
};

/**
 * Tensors of one dtype joined along `axis`. Where one of the lengths is symbolic, `length` names the length of the
 * result, and the program's inputs give it its value.
 */
export function concat(tensors: readonly Tensor[], axis: number, length?: Dim): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError('concat needs at least one tensor, got none');
  const index = normalizeAxis(axis, first.shape.length);
  const lengths = tensors.map((x) => x.shape[index]);
  if (lengths.every((n) => typeof n === 'number')) {
    const total = lengths.reduce((a, b) => a + b, 0);
    if (length !== undefined && length !== total)
      throw new ShapeError(`concat of lengths ${lengths.join(' and ')} has length ${total}, not ${length}`);
    return apply(concatOp, tensors, { axis: index, length: total });
  }
  if (length === undefined)
    throw new ShapeError(
      `concat along a symbolic axis needs the length of the result, got ${tensors.map((x) => formatShape(x.shape)).join(' and ')}`,
    );
  return apply(concatOp, tensors, { axis: index, length });
}
