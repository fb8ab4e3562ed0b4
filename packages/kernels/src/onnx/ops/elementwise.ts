// Elementwise ops: each is one ONNX op that broadcasts as NumPy does.
import { type Op, ops } from '@maria/core';
import { type Lowering, lowering } from '../lowering.js';
import { ElementType } from '../proto.js';

function sameMeaning<A>(op: Op<A>, opType: string): Lowering {
  return lowering(op, (node, context) =>
    context.rowwise(node, (inputs) => context.graph.addNode(opType, inputs)),
  );
}

export const elementwise: readonly Lowering[] = [
  sameMeaning(ops.addOp, 'Add'),
  sameMeaning(ops.subtractOp, 'Sub'),
  sameMeaning(ops.multiplyOp, 'Mul'),
  sameMeaning(ops.divideOp, 'Div'),
  sameMeaning(ops.maximumOp, 'Max'),
  sameMeaning(ops.negateOp, 'Neg'),
  sameMeaning(ops.expOp, 'Exp'),
  sameMeaning(ops.logOp, 'Log'),
  sameMeaning(ops.sqrtOp, 'Sqrt'),
  sameMeaning(ops.tanhOp, 'Tanh'),
  sameMeaning(ops.erfOp, 'Erf'),
  sameMeaning(ops.sigmoidOp, 'Sigmoid'),
  sameMeaning(ops.sinOp, 'Sin'),
  sameMeaning(ops.cosOp, 'Cos'),
  sameMeaning(ops.reciprocalOp, 'Reciprocal'),
  sameMeaning(ops.lessOrEqualOp, 'LessOrEqual'),
  sameMeaning(ops.equalOp, 'Equal'),

  lowering(ops.whereOp, (node, context) => {
    const { graph } = context;
    const [condition, a, b] = context.inputsOf(node) as [string, string, string];
    if (node.dtype !== 'bool') return graph.addNode('Where', [condition, a, b]);
    // ONNX Runtime has no Where of booleans.
    const unless = graph.addNode('Not', [condition]);
    return graph.addNode('Or', [graph.addNode('And', [condition, a]), graph.addNode('And', [unless, b])]);
  }),

  lowering(ops.castOp, (node, context) =>
    context.graph.addNode('Cast', context.inputsOf(node), { to: { int: ElementType[node.attributes.to] } }),
  ),

  lowering(ops.clipOp, (node, context) => {
    const { min, max } = node.attributes;
    return context.graph.addNode('Clip', [
      ...context.inputsOf(node),
      context.float32([min], []),
      context.float32([max], []),
    ]);
  }),
];
