// softmaxError: what the gradient of a cross-entropy is made of, softmax(logits) less 1 at each row's target.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireNumber } from './checks.js';
import { softmaxOp } from './softmax.js';

/** What crossEntropy takes, and its gradient with it. @throws ShapeError */
export function requireLogitsAndTargets(logits: Tensor | undefined, targets: Tensor | undefined): void {
  if (logits?.dtype !== 'float32' || targets?.dtype !== 'int32')
    throw new ShapeError(
      `crossEntropy needs float32 logits and int32 targets, got ${logits?.dtype} and ${targets?.dtype}`,
    );
  if (logits.shape.length !== 2 || targets.shape.length !== 1 || logits.shape[0] !== targets.shape[0])
    throw new ShapeError(
      `crossEntropy needs logits [n, V] and targets [n], got ${formatShape(logits.shape)} and ${formatShape(targets.shape)}`,
    );
  requireNumber('crossEntropy', 'V', logits.shape[1]);
}

export const softmaxErrorOp: Op<NoAttributes> = {
  name: 'softmaxError',
  infer: ([logits, targets]) => {
    requireLogitsAndTargets(logits, targets);
    return { shape: logits!.shape, dtype: 'float32' };
  },
  evaluate: ([logits, targets], _attributes, context) => {
    const size = logits!.shape[1]!;
    const error = softmaxOp.evaluate([logits!], { axis: 1 }, context);
    targets!.data.forEach((target, row) => {
      if (target < 0 || target >= size)
        throw new RangeError(`softmaxError: target ${target} of row ${row} is outside ${size} classes`);
      error.data[row * size + target]! -= 1;
    });
    return error;
  },
};

/** logits [n, V], targets int32 [n] → [n, V]. @throws RangeError at run time for targets outside 0..V-1 */
export function softmaxError(logits: Tensor, targets: Tensor): Tensor {
  return apply(softmaxErrorOp, [logits, targets], {});
}
