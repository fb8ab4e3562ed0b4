// Lowers a program to an ONNX model.
import {
  constantOp,
  inputOp,
  isOp,
  ops,
  type Program,
  resolveShape,
  stateOp,
  type Tensor,
  variableOp,
  type WeightSource,
  weightOp,
} from '@maria/core';
import {
  type CpuKernels,
  type DeviceKernels,
  exactOf,
  ofPositionsOf,
  onCpu,
  rotationsOf,
} from './device-kernels.js';
import { GraphBuilder } from './graph.js';
import { updatedInPlace } from './in-place.js';
import type { GraphValue, GraphVariable, Lowered, LoweredGraph } from './lowered-graph.js';
import { type Lowering, lowering } from './lowering.js';
import { LoweringContext } from './lowering-context.js';
import { activations } from './ops/activations.js';
import { attention } from './ops/attention.js';

import { elementwise } from './ops/elementwise.js';
import { laneAttention } from './ops/lane-attention.js';
import { linear } from './ops/linear.js';
import { matmul } from './ops/matmul.js';
import { matmulAdd } from './ops/matmul-add.js';
import { normalization } from './ops/normalization.js';
import { packedAttention } from './ops/packed-attention.js';
import { reduce } from './ops/reduce.js';
import { rotary } from './ops/rotary.js';
import { rows } from './ops/rows.js';
import { selection } from './ops/selection.js';
import { shape } from './ops/shape.js';
import { softmax } from './ops/softmax.js';
import { WeightInitializers } from './weight-initializers.js';

const constants = lowering(constantOp, ({ attributes: { data, dtype, shape } }, { graph }) => {
  const stored = data instanceof Float64Array ? Float32Array.from(data) : data;
  const raw = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  return graph.addInitializer('constant', dtype, shape, { raw });
});

const lowerings: ReadonlyMap<string, Lowering> = new Map(
  [
    constants,
    ...activations,
    ...attention,
    ...elementwise,
    ...laneAttention,
    ...linear,
    ...matmul,
    ...matmulAdd,
    ...normalization,
    ...packedAttention,
    ...reduce,
    ...rotary,
    ...rows,
    ...selection,
    ...shape,
    ...softmax,
  ].map((entry) => [entry.op, entry]),
);

/** Names of the ops that have a lowering. */
export const lowerableOps: readonly string[] = [...lowerings.keys()];

/**
 * The ONNX model of a program, with its weights as pointers into their files. Inputs and outputs keep their names; a
 * state becomes inputs and outputs that may be the same memory, a pair for each slot.
 * @param slots sequences that attention computes side by side
 * @param kernels of the device that it is for; without them the CPU's
 * @throws DataError when a weight is missing, of another shape, in a file that cannot be read, or too large to inline
 */
export function lower(
  program: Program,
  weights: WeightSource,
  slots = 1,
  kernels?: CpuKernels | DeviceKernels,
): LoweredGraph {
  const graph = new GraphBuilder();
  for (const [name, { dtype, shape }] of program.inputs) graph.addInput(name, dtype, shape);
  for (const name of program.outputs.keys()) {
    if (program.inputs.has(name))
      throw new Error(`cannot lower a program with an input and an output named "${name}"`);
    graph.reserve(name);
  }
  const initializers = new WeightInitializers(graph, weights, program.weights);
  const context = new LoweringContext(graph, program.inputs, initializers, slots, kernels);
  const { device } = context;
  const rotations = device ? rotationsOf(program) : new Set<Tensor>();
  const exact = new Set<Tensor>(context.isHalf ? [...ofPositionsOf(program), ...exactOf(program)] : []);
  const staysExact = (node: Tensor) => exact.has(node) || (context.isHalf && attendsInFloat32(node));

  for (const node of program.nodes) {
    if (isOp(node, inputOp)) context.bind(node, node.attributes.name);
    else if (isOp(node, variableOp)) context.bind(node, variableInput(node.attributes.name));
    // Weights and state enter the graph where they are used, in the form that their users want.
    else if (!isOp(node, weightOp) && !isOp(node, stateOp)) {
      const add = () => lowerNode(node, context);
      const bind = () => context.bind(node, rotations.has(node) ? graph.named(onCpu, add) : add());
      if (!staysExact(node)) bind();
      else
        graph.exactly(node.dtype === 'float32', () => {
          bind();
          return context.value(node);
        });
    }
  }
  for (const [name, tensor] of program.outputs) {
    graph.addNodeTo([name], 'Identity', [context.value(tensor)]);
    graph.addOutput(name, tensor.dtype, tensor.shape);
  }
  const variables = lowerVariables(program, graph, context);
  return {
    model: graph.serialize(device?.dtype),
    ...(initializers.folder !== undefined && { externalDataFolder: initializers.folder }),
    inputs: valuesOf(program.inputs),
    slotInputs: context.slotInputs,
    slots: context.slotInputs.length > 0 ? slots : 0,
    outputs: valuesOf(program.outputs),
    states: context.states,
    variables,
  };
}

const variableInput = (name: string) => `variable.${name}`;

function lowerVariables(program: Program, graph: GraphBuilder, context: LoweringContext): GraphVariable[] {
  const inPlace = updatedInPlace(program, context.device !== undefined);
  const read = new Set([
    ...program.nodes.flatMap(({ inputs }) => inputs),
    ...program.outputs.values(),
    ...program.updates.values(),
  ]);
  return [...program.variables].map(([name, tensor]) => {
    const shape = resolveShape(tensor.shape, {});
    const input = read.has(tensor) ? variableInput(name) : undefined;
    if (input !== undefined) graph.addInput(input, 'float32', shape);
    const update = program.updates.get(name);
    const output = update && `updated.${name}`;
    if (update && output) {
      graph.reserve(output);
      const value = context.value(update);
      // Computed under its own name: a copy would take as much memory again.
      if (graph.rename(value, output)) context.bind(update, output);
      else graph.addNodeTo([output], 'Identity', [value]);
      graph.addOutput(output, 'float32', shape);
    }
    return { name, shape, ...(input && { input }), ...(output && { output }), inPlace: inPlace.has(name) };
  });
}

/** Attention is computed in the type of its cache. */
function attendsInFloat32(node: Tensor): boolean {
  return isOp(node, ops.laneAttentionOp) && node.attributes.storage === 'float32';
}

function lowerNode(node: Tensor, context: LoweringContext): Lowered {
  const entry = lowerings.get(node.op.name);
  if (!entry) throw new Error(`cannot lower the op "${node.op.name}" to ONNX: it has no lowering`);
  return entry.lower(node, context);
}

function valuesOf(tensors: ReadonlyMap<string, Tensor>): GraphValue[] {
  return [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
}
