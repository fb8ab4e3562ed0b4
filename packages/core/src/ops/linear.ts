// linear: x W^T + b with W stored [out, in], as checkpoints store it. Backends may keep W quantised.
import { formatShape, productOfShape, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { type NoAttributes, requireDtype } from './checks.js';
import { matmul } from './matmul.js';
import { reshape } from './shape-ops.js';
import { sum } from './sum.js';

export const linearOp: Op<NoAttributes> = {
  name: 'linear',
  summedAxis: () => 1,
  infer: ([x, w, b]) => {
    requireDtype('linear', 'float32', x, w, b);
    if (w!.shape.length !== 2 || x!.shape.length < 1 || x!.shape.at(-1) !== w!.shape[1])
      throw new ShapeError(
        `linear needs x [..., in] and W [out, in], got ${formatShape(x!.shape)} and ${formatShape(w!.shape)}`,
      );
    const out = w!.shape[0]!;
    if (b && (b.shape.length !== 1 || b.shape[0] !== out))
      throw new ShapeError(`linear needs a bias [${out}], got ${formatShape(b.shape)}`);
    return { shape: [...x!.shape.slice(0, -1), out], dtype: 'float32' };
  },
  evaluate: ([x, w, b], _attributes, { shape, floats }) => {
    const [outSize, inSize] = w!.shape as [number, number];
    const rows = shape.slice(0, -1).reduce((n, length) => n * length, 1);
    const data = floats(rows * outSize);
    const from = x!.data;
    const weights = w!.data;
    for (let row = 0; row < rows; row++) {
      for (let out = 0; out < outSize; out++) {
        let total = b ? b.data[out]! : 0;
        for (let i = 0; i < inSize; i++) total += from[row * inSize + i]! * weights[out * inSize + i]!;
        data[row * outSize + out] = total;
      }
    }
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs: [x, w, b] }, upstream) => {
    const flat = (t: Tensor) => reshape(t, [productOfShape(t.shape.slice(0, -1)), t.shape.at(-1)!]);
    const dy = flat(upstream);
    const dx = reshape(matmul(dy, w!), x!.shape);
    const dw = matmul(dy, flat(x!), { transposeA: true });
    return b ? [dx, dw, sum(dy, { axes: [0] })] : [dx, dw];
  },
};

/** x [..., in], weight [out, in], bias [out] → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return apply(linearOp, bias ? [x, weight, bias] : [x, weight], {});
}
