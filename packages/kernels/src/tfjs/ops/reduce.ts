// Sums and means over axes.
import { type Op, ops } from '@maria/core';
import { type Kernel, kernel } from '../kernel.js';

const reduction = (op: Op<ops.ReduceAttributes>, name: 'sum' | 'mean') =>
  kernel(op, ({ tf }, { axes, keepDims }, x) => tf[name](x, [...axes], keepDims));

export const reduce: readonly Kernel[] = [reduction(ops.sumOp, 'sum'), reduction(ops.meanOp, 'mean')];
