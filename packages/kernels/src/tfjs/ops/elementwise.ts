// Arithmetic, functions of one tensor, comparisons, selection and casts.
import { type Op, ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

type Name = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'erf' | 'sigmoid' | 'sin' | 'cos' | 'reciprocal';
type NameOfTwo = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'lessEqual' | 'equal';

const unary = <A>(op: Op<A>, name: Name) => kernel(op, ({ tf }, _, x) => tf[name](x));
const binary = <A>(op: Op<A>, name: NameOfTwo) => kernel(op, ({ tf }, _, a, b) => tf[name](a, b));

export const elementwise: readonly Kernel[] = [
  binary(ops.addOp, 'add'),
  binary(ops.subtractOp, 'sub'),
  binary(ops.multiplyOp, 'mul'),
  binary(ops.divideOp, 'div'),
  binary(ops.maximumOp, 'maximum'),
  binary(ops.lessOrEqualOp, 'lessEqual'),
  binary(ops.equalOp, 'equal'),
  unary(ops.negateOp, 'neg'),
  unary(ops.expOp, 'exp'),
  unary(ops.logOp, 'log'),
  unary(ops.sqrtOp, 'sqrt'),
  unary(ops.tanhOp, 'tanh'),
  unary(ops.erfOp, 'erf'),
  unary(ops.sigmoidOp, 'sigmoid'),
  unary(ops.sinOp, 'sin'),
  unary(ops.cosOp, 'cos'),
  unary(ops.reciprocalOp, 'reciprocal'),

  // Not clipByValue, which loses NaN where min and max are equal.
  kernel(ops.clipOp, ({ tf }, { min, max }, x) => tf.minimum(tf.maximum(x, min), max)),
  kernel(ops.whereOp, ({ tf }, _, condition, a, b) => tf.where(condition, a, b)),
  // TensorFlow says no more of a cast to bool than that 0 is false; NaN is true.
  kernel(ops.castOp, ({ tf }, { to }, x) =>
    to === 'bool' ? tf.notEqual(x, tf.zerosLike(x)) : tf.cast(x, to),
  ),
];
