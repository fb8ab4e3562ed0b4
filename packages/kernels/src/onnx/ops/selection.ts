// The largest numbers of rows, and numbers at indices.
import { ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import type { LoweringContext } from '../lowering-context.js';
import { ElementType } from '../proto.js';

/** A row that the kernel of WebGPU sorts in the memory of one workgroup; for a longer one it makes a hundred passes over all of it. */
const shortRow = 2048;

/** Below every logit, masked ones too. */
const padding = -3e38;

export const selection: readonly Lowering[] = [
  // A number among the k largest is in one of the k blocks with the largest maxima: a long row is sorted in two short parts.
  lowering(ops.largestOp, (node, context) => {
    const { graph } = context;
    const { k } = node.attributes;
    const [x] = context.inputsOf(node) as [string];
    const n = Number(node.inputs[0]!.shape[1]);
    const sorted = (values: string) => {
      const [best, at] = [graph.freshName('TopK'), graph.freshName('TopK_at')];
      graph.addNodeTo([best, at], 'TopK', [values, context.int64([k])], { axis: { int: -1 } });
      return at;
    };
    const size = Math.max(1, Math.floor(shortRow / k));
    if (n <= shortRow || size < 2 || Math.ceil(n / size) < k)
      return asInt32(
        graph.addNode('Gather', [sequence(context, [n]), sorted(x)], { axis: { int: 0 } }),
        context,
      );
    const blocks = Math.ceil(n / size);
    const whole = blocks * size;
    const padded =
      whole === n
        ? x
        : graph.addNode('Pad', [
            x,
            context.int64([0, whole - n]),
            context.float32([padding], []),
            context.int64([1]),
          ]);
    const inBlocks = graph.addNode('Reshape', [padded, context.int64([-1, blocks, size])]);
    const maxima = graph.addNode('ReduceMax', [inBlocks, context.int64([2])], { keepdims: { int: 0 } });
    // Ids as floats, which hold them exactly: not every device has kernels for the int64 that TopK gives.
    const idsOfBlocks = graph.addNode('Gather', [sequence(context, [blocks, size]), sorted(maxima)], {
      axis: { int: 0 },
    });
    const ids = graph.addNode('Reshape', [idsOfBlocks, context.int64([-1, k * size])]);
    const values = graph.addNode('GatherElements', [padded, asInt32(ids, context)], { axis: { int: 1 } });
    return asInt32(graph.addNode('GatherElements', [ids, sorted(values)], { axis: { int: 1 } }), context);
  }),

  lowering(ops.pickOp, (node, context) =>
    context.graph.addNode('GatherElements', context.inputsOf(node), { axis: { int: 1 } }),
  ),

  lowering(ops.exactOp, (node, context) => context.exact(context.inputsOf(node)[0]!)),
];

/** 0, 1, 2, ... */
function sequence(context: LoweringContext, shape: readonly number[]): string {
  const length = shape.reduce((a, b) => a * b, 1);
  const raw = new Uint8Array(Float32Array.from({ length }, (_, i) => i).buffer);
  return context.shared(`sequence ${shape}`, () =>
    context.graph.addInitializer('sequence', 'float32', shape, { raw }),
  );
}

function asInt32(x: string, context: LoweringContext): string {
  return context.graph.addNode('Cast', [x], { to: { int: ElementType.int32 } });
}
