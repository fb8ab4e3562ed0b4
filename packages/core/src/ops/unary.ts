// Functions of one float32 tensor, element by element.
import { divide, multiply, subtract } from './binary.js';
import { erf as erfOf } from './erf.js';
import { negate } from './negate.js';
import { unary, unaryOp } from './unary-op.js';

export const expOp = unaryOp('exp', Math.exp, (_x, y, upstream) => multiply(upstream, y));

export const logOp = unaryOp('log', Math.log, (x, _y, upstream) => divide(upstream, x));

export const sqrtOp = unaryOp('sqrt', Math.sqrt, (_x, y, upstream) => divide(upstream, multiply(y, 2)));

export const tanhOp = unaryOp('tanh', Math.tanh, (_x, y, upstream) =>
  multiply(upstream, subtract(1, multiply(y, y))),
);

export const erfOp = unaryOp('erf', erfOf, (x, _y, upstream) =>
  multiply(upstream, multiply(exp(negate(multiply(x, x))), 2 / Math.sqrt(Math.PI))),
);

export const sigmoidOp = unaryOp(
  'sigmoid',
  (x) => 1 / (1 + Math.exp(-x)),
  (_x, y, upstream) => multiply(upstream, multiply(y, subtract(1, y))),
);

export const sinOp = unaryOp('sin', Math.sin, (x, _y, upstream) => multiply(upstream, cos(x)));

export const cosOp = unaryOp('cos', Math.cos, (x, _y, upstream) => negate(multiply(upstream, sin(x))));

export const reciprocalOp = unaryOp(
  'reciprocal',
  (x) => 1 / x,
  (_x, y, upstream) => negate(multiply(upstream, multiply(y, y))),
);

/** e^x */
export const exp = unary(expOp);
/** Natural logarithm; -Infinity at 0, NaN below. */
export const log = unary(logOp);
/** Square root; NaN below 0. */
export const sqrt = unary(sqrtOp);
/** Hyperbolic tangent. */
export const tanh = unary(tanhOp);
/** Error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export const erf = unary(erfOp);
/** 1 / (1 + e^-x) */
export const sigmoid = unary(sigmoidOp);
/** Sine of an angle in radians. */
export const sin = unary(sinOp);
/** Cosine of an angle in radians. */
export const cos = unary(cosOp);
/** 1 / x */
export const reciprocal = unary(reciprocalOp);
