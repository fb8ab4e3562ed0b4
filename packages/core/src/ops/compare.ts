// Comparisons with NumPy broadcasting: two int32 or two float32 tensors to bool.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { broadcastAll, type NoAttributes, requireDtype, requireSameDtype } from './checks.js';
import { asTensor, type Operand } from './operand.js';
import { broadcastStrides, offsetsOf } from './strided.js';

function compareOp(name: string, compute: (a: number, b: number) => boolean): Op<NoAttributes> {
  return {
    name,
    infer: ([a, b]) => {
      requireDtype(name, ['float32', 'int32'], a, b);
      requireSameDtype(name, a!, b!);
      return { shape: broadcastAll(name, a!.shape, b!.shape), dtype: 'bool' };
    },
    evaluate: ([a, b], _attributes, { shape }) => {
      const fromA = offsetsOf(shape, broadcastStrides(a!.shape, shape));
      const fromB = offsetsOf(shape, broadcastStrides(b!.shape, shape));
      const data = new Uint8Array(fromA.length);
      for (let i = 0; i < data.length; i++)
        data[i] = Number(compute(a!.data[fromA[i]!]!, b!.data[fromB[i]!]!));
      return { dtype: 'bool', shape, data };
    },
  };
}

export const lessOrEqualOp = compareOp('lessOrEqual', (a, b) => a <= b);
export const equalOp = compareOp('equal', (a, b) => a === b);

function compare(op: Op<NoAttributes>): (a: Operand, b: Operand) => Tensor {
  // A number takes the dtype of the tensor that it is compared with.
  const dtypeOf = (operand: Operand) => (typeof operand === 'number' ? 'float32' : operand.dtype);
  return (a, b) => apply(op, [asTensor(a, dtypeOf(b)), asTensor(b, dtypeOf(a))], {});
}

/** a <= b; false where either is NaN. */
export const lessOrEqual = compare(lessOrEqualOp);
/** a = b; false where either is NaN. */
export const equal = compare(equalOp);
