// What builders check of their operands before they make a node.
import type { DType } from '../tensor/dtype.js';
import {
  broadcastShapes,
  type Dim,
  formatShape,
  type Shape,
  ShapeError,
  sameShape,
} from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** Attributes of an op that has none. */
export type NoAttributes = Record<string, never>;

/** @throws ShapeError unless every operand that is there has one of the dtypes */
export function requireDtype(
  op: string,
  dtypes: DType | readonly DType[],
  ...operands: readonly (Tensor | undefined)[]
): void {
  const given = operands.filter((operand) => operand !== undefined);
  if (given.every(({ dtype }) => (typeof dtypes === 'string' ? dtype === dtypes : dtypes.includes(dtype))))
    return;
  const expected = typeof dtypes === 'string' ? dtypes : dtypes.join(' or ');
  throw new ShapeError(`${op} needs ${expected}, got ${given.map(({ dtype }) => dtype).join(' and ')}`);
}

/** @throws ShapeError unless all operands have the same dtype */
export function requireSameDtype(op: string, ...operands: readonly Tensor[]): void {
  if (operands.some(({ dtype }) => dtype !== operands[0]!.dtype))
    throw new ShapeError(`${op} needs one dtype, got ${operands.map(({ dtype }) => dtype).join(' and ')}`);
}

/** The common broadcast shape, with the op's name in the error. @throws ShapeError */
export function broadcastAll(op: string, ...shapes: readonly Shape[]): Dim[] {
  try {
    return shapes.reduce<Dim[]>(broadcastShapes, []);
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${op}: ${error.message}`) : error;
  }
}

/** Whether `shape` broadcasts to exactly `target`. */
export function broadcastsTo(shape: Shape, target: Shape): boolean {
  if (shape.length > target.length) return false;
  return sameShape(
    target.slice(target.length - shape.length).map((dim, i) => (shape[i] === 1 ? dim : shape[i]!)),
    target.slice(target.length - shape.length),
  );
}

/** A length that has to be known when the program is traced. @throws ShapeError */
export function requireNumber(op: string, what: string, dim: Dim | undefined): number {
  if (typeof dim !== 'number') throw new ShapeError(`${op} needs ${what} as a number, got ${dim}`);
  return dim;
}

/** @throws ShapeError unless `tensor` has the rank; `form` shows the expected shape, for example "[rows, columns]" */
export function requireRank(op: string, what: string, tensor: Tensor, rank: number, form: string): void {
  if (tensor.shape.length !== rank)
    throw new ShapeError(`${op} needs ${what} ${form}, got ${formatShape(tensor.shape)}`);
}
