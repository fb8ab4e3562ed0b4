// Logits of n tokens over classes, as [n, classes] or as [classes, n]: which axis is that of the classes, and where they are in memory.
import type { Dim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';
import { requireNumber } from './checks.js';
import { reshape } from './shape-ops.js';

export interface ClassAxis {
  readonly axis: 0 | 1;
}

export const tokensOf = ({ shape }: { readonly shape: readonly Dim[] }, { axis }: ClassAxis): Dim =>
  shape[1 - axis]!;

export const classesOf = ({ shape }: Tensor, { axis }: ClassAxis): number =>
  requireNumber('crossEntropy', 'V', shape[axis]);

/** A number for each token, to be broadcast over logits. */
export const overClasses = (x: Tensor, { axis }: ClassAxis): Tensor =>
  reshape(x, axis === 0 ? [1, x.shape[0]!] : [x.shape[0]!, 1]);

/** How far elements are apart. */
export function stridesOf({ shape }: Pick<Value, 'shape'>, { axis }: ClassAxis) {
  return axis === 0 ? { token: 1, class: shape[1]! } : { token: shape[1]!, class: 1 };
}
