// Arithmetic of two float32 tensors with NumPy broadcasting; a number stands for a scalar.
import { binary, binaryOp } from './binary-op.js';
import { negate } from './negate.js';

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

/** a + b */
export const add = binary(addOp);
/** a - b */
export const subtract = binary(subtractOp);
/** a * b, element by element */
export const multiply = binary(multiplyOp);
/** a / b */
export const divide = binary(divideOp);
