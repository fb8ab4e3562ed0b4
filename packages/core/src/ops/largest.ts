// largest: the ids of the k largest numbers of each row.
import { ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { requireDtype, requireNumber, requireRank } from './checks.js';

export interface LargestAttributes {
  readonly k: number;
}

export const largestOp: Op<LargestAttributes> = {
  name: 'largest',
  infer: ([x], { k }) => {
    requireDtype('largest', 'float32', x);
    requireRank('largest', 'x', x!, 2, '[rows, n]');
    const n = requireNumber('largest', 'n', x!.shape[1]);
    if (!Number.isInteger(k) || k < 1 || k > n)
      throw new ShapeError(`largest needs a k between 1 and ${n}, got ${k}`);
    return { shape: [x!.shape[0]!, k], dtype: 'int32' };
  },
  evaluate: ([x], { k }, { shape }) => {
    const [rows, n] = x!.shape as [number, number];
    const ids = new Int32Array(rows * k);
    for (let row = 0; row < rows; row++) {
      const numbers = x!.data.subarray(row * n, (row + 1) * n);
      const order = Uint32Array.from(numbers.keys()).sort((a, b) => numbers[b]! - numbers[a]! || a - b);
      ids.set(order.subarray(0, k), row * k);
    }
    return { dtype: 'int32', shape, data: ids };
  },
};

/** x float32 [rows, n] → ids int32 [rows, k], those of the largest first. Among equal numbers any may come first, or be left out at the end. */
export function largest(x: Tensor, k: number): Tensor {
  return apply(largestOp, [x], { k });
}
