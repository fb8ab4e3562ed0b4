// logSumExp: the logarithm of the sum of exp(logit) over the classes, stable for logits of any size, which may be in several parts.
import { formatShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype, requireRank } from './checks.js';
import { type ClassAxis, overClasses, stridesOf, tokensOf } from './class-axis.js';
import { exp, multiply, subtract } from './elementwise.js';

export const logSumExpOp: Op<ClassAxis> = {
  name: 'logSumExp',
  infer: (parts, attributes) => {
    requireDtype('logSumExp', 'float32', ...parts);
    for (const part of parts) requireRank('logSumExp', 'logits', part, 2, '[n, V]');
    const n = tokensOf(parts[0]!, attributes);
    if (parts.some((part) => tokensOf(part, attributes) !== n))
      throw new ShapeError(
        `logSumExp needs parts of as many tokens, got ${parts.map(({ shape }) => formatShape(shape)).join(' and ')}`,
      );
    return { shape: [n], dtype: 'float32' };
  },
  evaluate: (parts, attributes, { shape, floats }) => {
    const sums = floats(shape[0]!);
    for (let token = 0; token < sums.length; token++) {
      const logits = parts.flatMap((part) => {
        const strides = stridesOf(part, attributes);
        return Array.from(
          { length: part.shape[attributes.axis]! },
          (_, i) => part.data[token * strides.token + i * strides.class]!,
        );
      });
      const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
      sums[token] = max + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - max), 0));
    }
    return { dtype: 'float32', shape, data: sums };
  },
  gradient: (node, upstream) => {
    const over = (x: Tensor) => overClasses(x, node.attributes);
    return node.inputs.map((part) => multiply(exp(subtract(part, over(node))), over(upstream)));
  },
};

/** Logits over consecutive classes, each [n, classes] or, with `axis` 0, [classes, n] → [n]. */
export function logSumExp(parts: readonly Tensor[], { axis = 1 }: Partial<ClassAxis> = {}): Tensor {
  return apply(logSumExpOp, parts, { axis });
}
