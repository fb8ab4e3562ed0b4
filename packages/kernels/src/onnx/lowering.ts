// What a lowering is: how one op of a program becomes nodes of an ONNX graph.
import { isOp, type Op, type Tensor } from '@maria/core';
import type { Lowered } from './lowered-graph.js';
import type { LoweringContext } from './lowering-context.js';

export interface Lowering {
  /** Name of the op in the program. */
  readonly op: string;
  /** Adds the nodes that compute `node` and returns the name of the result. */
  lower(node: Tensor, context: LoweringContext): Lowered;
}

/** A lowering of `op`, with the op's own type of attributes. */
export function lowering<A>(
  op: Op<A>,
  lower: (node: Tensor<A>, context: LoweringContext) => Lowered,
): Lowering {
  return {
    op: op.name,
    lower: (node, context) => {
      if (!isOp(node, op))
        throw new Error(`"${node.op.name}" is another op of the same name as one of core's`);
      return lower(node, context);
    },
  };
}
