// Reverse-mode differentiation: gradients are programs made of the same ops.
import { constant } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { formatShape, ShapeError, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { add } from './elementwise.js';

/**
 * Carries the gradient with respect to `output` back to each of `wrt` (a vector-Jacobian product).
 * `null` where the output does not depend on it. Only float32 tensors carry gradients.
 * @throws Error naming the op when an op on the way has no gradient
 */
export function pullBack(output: Tensor, upstream: Tensor, wrt: readonly Tensor[]): (Tensor | null)[] {
  const { nodes } = trace({ output });
  const wanted = new Set(wrt);
  const depends = new Set<Tensor>();
  const onTheWay = (node: Tensor) => node.inputs.some((x) => depends.has(x));
  for (const node of nodes)
    if (node.dtype === 'float32' && (wanted.has(node) || onTheWay(node))) depends.add(node);

  const gradientOf = new Map<Tensor, Tensor>([[output, upstream]]);
  for (const node of nodes.toReversed()) {
    const above = gradientOf.get(node);
    if (!above || !onTheWay(node)) continue;
    if (!node.op.gradient) throw new Error(`the op "${node.op.name}" has no gradient`);
    const contributions = node.op.gradient(node, above);
    node.inputs.forEach((x, i) => {
      const contribution = contributions[i];
      if (!contribution || !depends.has(x)) return;
      if (!sameShape(contribution.shape, x.shape))
        throw new ShapeError(
          `the gradient of "${node.op.name}" for input ${i} has shape ${formatShape(contribution.shape)}, expected ${formatShape(x.shape)}`,
        );
      const sum = gradientOf.get(x);
      gradientOf.set(x, sum ? add(sum, contribution) : contribution);
    });
  }
  return wrt.map((x) => gradientOf.get(x) ?? null);
}

/**
 * Gradients of a float32 scalar with respect to each of `wrt`, as symbolic tensors of the same shapes.
 * @throws Error when the loss does not depend on one of them, or naming the op when one on the way has no gradient
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== 'float32' || loss.shape.length !== 0)
    throw new ShapeError(
      `gradients need a float32 scalar loss, got ${loss.dtype} ${formatShape(loss.shape)}`,
    );
  return pullBack(loss, constant(float32([1], [])), wrt).map((gradient, i) => {
    if (!gradient)
      throw new Error(
        `the loss does not depend on tensor ${i} of those to differentiate by (${wrt[i]!.op.name} ${formatShape(wrt[i]!.shape)})`,
      );
    return gradient;
  });
}
