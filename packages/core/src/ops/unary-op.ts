// What ops of one float32 tensor share: the shape stays, and each element is computed on its own.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireDtype } from './checks.js';

export function unaryOp(
  name: string,
  compute: (x: number) => number,
  gradient: (x: Tensor, y: Tensor, upstream: Tensor) => Tensor,
): Op<NoAttributes> {
  return {
    name,
    infer: ([x]) => {
      requireDtype(name, 'float32', x);
      return { shape: x!.shape, dtype: 'float32' };
    },
    evaluate: ([x], _attributes, { shape, floats }) => {
      const data = floats(x!.data.length);
      for (let i = 0; i < data.length; i++) data[i] = compute(x!.data[i]!);
      return { dtype: 'float32', shape, data };
    },
    gradient: (y, upstream) => [gradient(y.inputs[0]!, y, upstream)],
  };
}

export function unary(op: Op<NoAttributes>): (x: Tensor) => Tensor {
  return (x) => apply(op, [x], {});
}
