// The larger of two float32 tensors, with NumPy broadcasting.
import { binary, binaryOp } from './binary-op.js';
import { lessOrEqual } from './compare.js';
import { where } from './where.js';

// Where both are equal, all of the gradient goes to the first operand: one valid subgradient.
export const maximumOp = binaryOp('maximum', Math.max, (a, b, upstream) => {
  const first = lessOrEqual(b, a);
  return [where(first, upstream, 0), where(first, 0, upstream)];
});

/** The larger of a and b; NaN if either is NaN. */
export const maximum = binary(maximumOp);
