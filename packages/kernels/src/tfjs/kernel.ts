// What a kernel is: how one op of a program is computed by calls of TensorFlow.js.
import { isOp, type Op, type Tensor } from '@maria/core';
import type { Tfjs, TfTensor } from './library.js';

export interface KernelContext {
  readonly tf: Tfjs;
  /** Concrete shape of the result, which has elements. */
  readonly shape: number[];
}

export interface Kernel {
  /** Name of the op in the program. */
  readonly op: string;
  /** Computes `node`. Runs in a tidy scope: what it makes besides the result is disposed of. */
  compute(node: Tensor, inputs: readonly TfTensor[], context: KernelContext): TfTensor;
}

/** A kernel for `op`, with the op's own type of attributes. */
export function kernel<A>(
  op: Op<A>,
  compute: (context: KernelContext, attributes: A, ...inputs: TfTensor[]) => TfTensor,
): Kernel {
  return {
    op: op.name,
    compute: (node, inputs, context) => {
      if (!isOp(node, op))
        throw new Error(`"${node.op.name}" is another op of the same name as one of core's`);
      return compute(context, node.attributes, ...inputs);
    },
  };
}
