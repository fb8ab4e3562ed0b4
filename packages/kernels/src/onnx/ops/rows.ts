// Ops that pick or place rows by index: embedding and its transpose.
import { isOp, ops, productOfShape, weightOp } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import { ElementType } from '../proto.js';
import { pickQuantizedRows } from './quantized.js';

export const rows: readonly Lowering[] = [
  lowering(ops.embeddingOp, (node, context) => {
    const { graph } = context;
    const [ids, table] = node.inputs;
    const quantized = pickQuantizedRows(context.value(ids!), table!, context);
    if (quantized !== undefined) return quantized;
    // Of a table stored in half precision only the rows that are read get converted, not the whole table.
    const { name, type } =
      // Not every device has a kernel for halves.
      isOp(table!, weightOp) && !context.device
        ? context.stored(table)
        : ({ name: context.value(table!), type: 'float32' } as const);
    const picked = graph.addNode('Gather', [name, context.value(ids!)], { axis: { int: 0 } });
    return type === 'float32'
      ? picked
      : graph.addNode('Cast', [picked], { to: { int: ElementType.float32 } });
  }),

  // ScatterElements, not ScatterND: the latter adds from several threads and loses sums where an index repeats.
  lowering(ops.scatterRowsOp, (node, context) => {
    const { graph } = context;
    const [indices, values] = node.inputs;
    const count = productOfShape(indices!.shape);
    const flat = context.reshape(context.value(values!), [count, values!.shape.at(-1)!]);
    const column = context.reshape(context.value(indices!), [count, 1]);
    const everywhere = graph.addNode('Expand', [column, graph.addNode('Shape', [flat])]);
    const zeros = graph.addNode('Expand', [context.float32([0], [1, 1]), context.shape(node.shape)]);
    return graph.addNode('ScatterElements', [zeros, everywhere, flat], {
      axis: { int: 0 },
      reduction: { string: 'add' },
    });
  }),
];
