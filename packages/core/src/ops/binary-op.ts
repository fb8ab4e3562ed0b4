// What ops of two float32 tensors share: broadcasting, the loop over elements, and gradients summed back.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { broadcastAll, type NoAttributes, requireDtype } from './checks.js';
import { asTensor, type Operand } from './operand.js';
import { broadcastStrides, offsetsOf } from './strided.js';
import { sumTo } from './sum.js';

export function binaryOp(
  name: string,
  compute: (a: number, b: number) => number,
  /** Gradients of both operands before they are summed back over broadcast axes. */
  gradient: (a: Tensor, b: Tensor, upstream: Tensor, result: Tensor) => readonly [Tensor, Tensor],
): Op<NoAttributes> {
  return {
    name,
    infer: ([a, b]) => {
      requireDtype(name, 'float32', a, b);
      return { shape: broadcastAll(name, a!.shape, b!.shape), dtype: 'float32' };
    },
    evaluate: ([a, b], _attributes, { shape, floats }) => {
      const fromA = offsetsOf(shape, broadcastStrides(a!.shape, shape));
      const fromB = offsetsOf(shape, broadcastStrides(b!.shape, shape));
      const data = floats(fromA.length);
      for (let i = 0; i < data.length; i++) data[i] = compute(a!.data[fromA[i]!]!, b!.data[fromB[i]!]!);
      return { dtype: 'float32', shape, data };
    },
    gradient: (node, upstream) => {
      const [a, b] = node.inputs as readonly [Tensor, Tensor];
      const [da, db] = gradient(a, b, upstream, node);
      return [sumTo(da, a.shape), sumTo(db, b.shape)];
    },
  };
}

export function binary(op: Op<NoAttributes>): (a: Operand, b: Operand) => Tensor {
  return (a, b) => apply(op, [asTensor(a), asTensor(b)], {});
}
