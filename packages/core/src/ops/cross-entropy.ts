// crossEntropy: the loss -log softmax(logits)[target] of each row, stable for logits of any size.
import { constantOp, isOp } from '../tensor/leaves.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { NoAttributes } from './checks.js';
import { multiply } from './elementwise.js';
import { reshape, reshapeOp } from './shape-ops.js';
import { requireLogitsAndTargets, softmaxError } from './softmax-error.js';
import { broadcastToOp } from './sum.js';

export const crossEntropyOp: Op<NoAttributes> = {
  name: 'crossEntropy',
  infer: ([logits, targets]) => {
    requireLogitsAndTargets(logits, targets);
    return { shape: targets!.shape, dtype: 'float32' };
  },
  evaluate: ([logits, targets], _attributes, { shape, floats }) => {
    const size = logits!.shape[1]!;
    const data = floats(shape[0]!);
    for (let row = 0; row < data.length; row++) {
      const target = targets!.data[row]!;
      if (target < 0 || target >= size)
        throw new RangeError(`crossEntropy: target ${target} of row ${row} is outside ${size} classes`);
      const start = row * size;
      let max = -Infinity;
      for (let i = start; i < start + size; i++) max = Math.max(max, logits!.data[i]!);
      let total = 0;
      for (let i = start; i < start + size; i++) total += Math.exp(logits!.data[i]! - max);
      data[row] = Math.log(total) + max - logits!.data[start + target]!;
    }
    return { dtype: 'float32', shape, data };
  },
  // (softmax - onehot) * upstream, row by row
  gradient: ({ inputs: [logits, targets] }, upstream) => {
    const error = softmaxError(logits!, targets!);
    // Of a plain sum of the losses, which is what training differentiates, the error itself: no second [n, V].
    if (isOnes(upstream)) return [error, null];
    return [multiply(error, reshape(upstream, [logits!.shape[0]!, 1])), null];
  },
};

function isOnes(tensor: Tensor): boolean {
  if (isOp(tensor, broadcastToOp) || isOp(tensor, reshapeOp)) return isOnes(tensor.inputs[0]!);
  return isOp(tensor, constantOp) && tensor.attributes.data.every((x) => x === 1);
}

/** logits [n, V], targets int32 [n] → losses [n] in nats. @throws RangeError at run time for targets outside 0..V-1 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return apply(crossEntropyOp, [logits, targets], {});
}
