// crossEntropy: the loss -log softmax(logits)[target] of each token, stable for logits of any size.
import { constantOp, isOp } from '../tensor/leaves.js';
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type ClassAxis, classesOf, overClasses, stridesOf, tokensOf } from './class-axis.js';
import { multiply } from './elementwise.js';
import { logSumExp } from './log-sum-exp.js';
import { reshapeOp } from './shape-ops.js';
import { softmaxError } from './softmax-error.js';
import { broadcastToOp } from './sum.js';

/** Of the normaliser of the logits, [n], the targets, and the logits in parts. */
export const crossEntropyOp: Op<ClassAxis> = {
  name: 'crossEntropy',
  infer: ([, targets]) => ({ shape: targets!.shape, dtype: 'float32' }),
  evaluate: ([normalizer, targets, ...parts], attributes, { shape, floats }) => {
    const sizes = parts.map((part) => part.shape[attributes.axis]!);
    const size = sizes.reduce((a, b) => a + b, 0);
    const losses = floats(shape[0]!);
    for (let token = 0; token < losses.length; token++) {
      const target = targets!.data[token]!;
      if (target < 0 || target >= size)
        throw new RangeError(`crossEntropy: target ${target} of row ${token} is outside ${size} classes`);
      let [part, i] = [0, target];
      while (i >= sizes[part]!) i -= sizes[part++]!;
      const strides = stridesOf(parts[part]!, attributes);
      losses[token] =
        normalizer!.data[token]! - parts[part]!.data[token * strides.token + i * strides.class]!;
    }
    return { dtype: 'float32', shape, data: losses };
  },
  // (softmax - onehot) * upstream: with what would come through the normaliser, which therefore gets none.
  gradient: ({ inputs: [normalizer, targets, ...parts], attributes: { axis } }, upstream) => {
    let firstClass = 0;
    const errors = parts.map((part) => {
      const error = softmaxError(part, normalizer!, targets!, { axis, firstClass });
      firstClass += classesOf(part, { axis });
      // Of a plain sum of the losses, which is what training differentiates, the error itself: no second [n, V].
      return isOnes(upstream) ? error : multiply(error, overClasses(upstream, { axis }));
    });
    return [null, null, ...errors];
  },
};

function isOnes(tensor: Tensor): boolean {
  if (isOp(tensor, broadcastToOp) || isOp(tensor, reshapeOp)) return isOnes(tensor.inputs[0]!);
  return isOp(tensor, constantOp) && tensor.attributes.data.every((x) => x === 1);
}

/**
 * Logits [n, V] or, with `axis` 0, [V, n], and targets int32 [n] → losses [n] in nats. The logits may be in parts over consecutive
 * classes: nothing then takes the memory of all of them again. The reference
 * evaluation throws a RangeError for targets outside 0..V-1; what other backends compute for them means nothing.
 */
export function crossEntropy(
  logits: Tensor | readonly Tensor[],
  targets: Tensor,
  { axis = 1 }: Partial<ClassAxis> = {},
): Tensor {
  const parts = 'op' in logits ? [logits] : logits;
  for (const part of parts) requireLogitsAndTargets(part, targets, { axis });
  return apply(crossEntropyOp, [logSumExp(parts, { axis }), targets, ...parts], { axis });
}

function requireLogitsAndTargets(logits: Tensor, targets: Tensor, axis: ClassAxis): void {
  if (logits.dtype !== 'float32' || targets.dtype !== 'int32')
    throw new ShapeError(
      `crossEntropy needs float32 logits and int32 targets, got ${logits.dtype} and ${targets.dtype}`,
    );
  if (logits.shape.length !== 2 || targets.shape.length !== 1 || tokensOf(logits, axis) !== targets.shape[0])
    throw new ShapeError(
      `crossEntropy needs logits ${axis.axis === 0 ? '[V, n]' : '[n, V]'} and targets [n], got ${formatShape(logits.shape)} and ${formatShape(targets.shape)}`,
    );
  classesOf(logits, axis);
}
