// where: takes each element from one of two tensors.
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { broadcastAll, type NoAttributes, requireDtype, requireSameDtype } from './checks.js';
import { asTensor, type Operand } from './operand.js';
import { allocate, broadcastStrides, offsetsOf } from './strided.js';
import { sumTo } from './sum.js';

export const whereOp: Op<NoAttributes> = {
  name: 'where',
  infer: ([condition, a, b]) => {
    requireDtype('where (condition)', 'bool', condition);
    requireSameDtype('where', a!, b!);
    return { shape: broadcastAll('where', condition!.shape, a!.shape, b!.shape), dtype: a!.dtype };
  },
  evaluate: ([condition, a, b], _attributes, context) => {
    const { shape } = context;
    const offsets = [condition!, a!, b!].map((x) => offsetsOf(shape, broadcastStrides(x.shape, shape)));
    const [fromCondition, fromA, fromB] = offsets as [Int32Array, Int32Array, Int32Array];
    const data = allocate(a!.dtype, fromA.length, context);
    for (let i = 0; i < data.length; i++)
      data[i] = condition!.data[fromCondition[i]!] ? a!.data[fromA[i]!]! : b!.data[fromB[i]!]!;
    return { dtype: a!.dtype, shape, data };
  },
  gradient: ({ inputs: [condition, a, b] }, upstream) => [
    null,
    sumTo(where(condition!, upstream, 0), a!.shape),
    sumTo(where(condition!, 0, upstream), b!.shape),
  ],
};

/** Elements of `a` where `condition` holds and of `b` elsewhere; the three broadcast. A number takes the other's dtype. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const dtypeOf = (operand: Operand) => (typeof operand === 'number' ? 'float32' : operand.dtype);
  return apply(whereOp, [condition, asTensor(a, dtypeOf(b)), asTensor(b, dtypeOf(a))], {});
}
