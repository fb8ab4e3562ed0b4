// softmaxError: what the gradient of a cross-entropy is made of, softmax(logits) less 1 at each token's target.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type ClassAxis, stridesOf } from './class-axis.js';

export interface SoftmaxErrorAttributes extends ClassAxis {
  /** What class the logits begin with. */
  readonly firstClass: number;
}

export const softmaxErrorOp: Op<SoftmaxErrorAttributes> = {
  name: 'softmaxError',
  infer: ([logits]) => ({ shape: logits!.shape, dtype: 'float32' }),
  evaluate: ([logits, normalizer, targets], attributes, { shape, floats }) => {
    const strides = stridesOf(logits!, attributes);
    const classes = shape[attributes.axis]!;
    const data = floats(logits!.data.length);
    targets!.data.forEach((target, token) => {
      for (let i = 0; i < classes; i++) {
        const at = token * strides.token + i * strides.class;
        const isTarget = attributes.firstClass + i === target;
        data[at] = Math.exp(logits!.data[at]! - normalizer!.data[token]!) - (isTarget ? 1 : 0);
      }
    });
    return { dtype: 'float32', shape, data };
  },
};

/** Logits over consecutive classes, the normaliser [n] of all classes, targets int32 [n] → as the logits. */
export function softmaxError(
  logits: Tensor,
  normalizer: Tensor,
  targets: Tensor,
  attributes: SoftmaxErrorAttributes,
): Tensor {
  return apply(softmaxErrorOp, [logits, normalizer, targets], attributes);
}
