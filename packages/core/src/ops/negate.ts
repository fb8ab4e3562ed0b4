// negate: -x. A file of its own, because gradients of subtraction and division need it.
import { unary, unaryOp } from './unary-op.js';

export const negateOp = unaryOp(
  'negate',
  (x) => -x,
  (_x, _y, upstream) => negate(upstream),
);

/** -x */
export const negate = unary(negateOp);
