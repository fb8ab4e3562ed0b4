// softmaxError: what the gradient of a cross-entropy is made of, softmax(logits) less 1 at each row's target.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { NoAttributes } from './checks.js';
import { crossEntropyOp } from './cross-entropy.js';
import { softmaxOp } from './softmax.js';

export const softmaxErrorOp: Op<NoAttributes> = {
  name: 'softmaxError',
  infer: (inputs, attributes) => {
    crossEntropyOp.infer(inputs, attributes);
    return { shape: inputs[0]!.shape, dtype: 'float32' };
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
