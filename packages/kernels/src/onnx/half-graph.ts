// A graph in float16 or bfloat16: its floats, weights among them, are halves between its inputs and its outputs.
import { float32ToBfloat16, float32ToFloat16, largestHalf } from '@maria/core';
import { ElementType, type GraphProto, type NodeProto, type TensorProto } from './proto.js';

/** What stays in float32. */
export interface ExactParts {
  /** Names of nodes. What they read are integers, constants, and each other's results. */
  readonly nodes: ReadonlySet<string>;
  /** Their results that are floats. */
  readonly floats: ReadonlySet<string>;
  /** A name that the graph does not have. */
  freshName(hint: string): string;
}

/** Larger ones are converted by the library, once, when the session loads. */
const mostConverted = 4096;

export type HalfType = 'float16' | 'bfloat16';

interface HalfFormat {
  bitsOf(values: Float32Array): Uint16Array;
  /** Ops that no device has a kernel of for this type, of which the first input and the output are of it: they are computed in float32. */
  readonly without: ReadonlySet<string>;
}

const formats: Readonly<Record<HalfType, HalfFormat>> = {
  float16: { bitsOf: float32ToFloat16, without: new Set() },
  bfloat16: {
    bitsOf: float32ToBfloat16,
    without: new Set(['Clip', 'Log', 'Pad', 'Reciprocal']),
  },
};

/** Inputs and outputs are as before: a state that is a half is passed on as it is. */
export function inHalf(graph: GraphProto, type: HalfType, exact: ExactParts): GraphProto {
  const format = formats[type];
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [...graph.initializers];
  /** Halves of values that are float32, by their names. */
  const halves = new Map<string, string>();
  const floats = new Set([
    ...exact.floats,
    ...[...graph.inputs, ...graph.initializers]
      .filter(({ type }) => type === 'float32')
      .map(({ name }) => name),
  ]);
  const stored = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  /** Weights that are stored so: of their conversions to float32 what they were made from. */
  const storedHalves = new Map(
    graph.nodes.flatMap(({ opType, inputs, outputs }) => {
      const isHalf = opType === 'Cast' && stored.get(inputs[0]!)?.type === type;
      return isHalf ? [[outputs[0]!, inputs[0]!] as const] : [];
    }),
  );

  const add = (opType: string, input: string, output: string, to: ElementType) =>
    nodes.push({
      opType,
      domain: '',
      name: exact.freshName(`${opType}_node`),
      inputs: [input],
      outputs: [output],
      attributes: { to: { int: ElementType[to] } },
    });
  const halfOf = (name: string): string => {
    const known = halves.get(name) ?? storedHalves.get(name);
    if (known !== undefined) return known;
    const half = exact.freshName(`${name}.half`);
    const converted = convert(stored.get(name), half, type);
    if (converted) initializers.push(converted);
    else add('Cast', name, half, type);
    halves.set(name, half);
    return half;
  };

  const ofFloats = new Set(graph.outputs.filter(({ type }) => type === 'float32').map(({ name }) => name));
  for (const node of graph.nodes) {
    const isOutput = node.opType === 'Identity' && exact.floats.has(node.inputs[0]!);
    if (exact.nodes.has(node.name) || isOutput) {
      nodes.push(node);
      continue;
    }
    const ends = node.outputs.filter((name) => ofFloats.has(name));
    const made = new Map(ends.map((name) => [name, exact.freshName(`${name}.half`)]));
    for (const [name, half] of made) halves.set(name, half);
    const inputs = node.inputs.map((name) => (floats.has(name) ? halfOf(name) : (halves.get(name) ?? name)));
    const outputs = node.outputs.map((name) => made.get(name) ?? name);
    if (format.without.has(node.opType)) {
      const [x, y] = [`${inputs[0]}.float`, `${outputs[0]}.float`].map((hint) => exact.freshName(hint));
      add('Cast', inputs[0]!, x!, 'float32');
      nodes.push({ ...node, inputs: [x!, ...node.inputs.slice(1)], outputs: [y!] });
      add('Cast', y!, outputs[0]!, type);
    } else nodes.push({ ...converting(node, type), inputs, outputs });
    for (const [name, half] of made) add('Cast', half, name, 'float32');
  }
  const used = usedOf(nodes, graph.outputs);
  const read = new Set(used.flatMap(({ inputs }) => inputs));
  return { ...graph, nodes: used, initializers: initializers.filter(({ name }) => read.has(name)) };
}

/** Without those of which nobody reads a result: weights that are stored as halves need no conversion. */
function usedOf(nodes: readonly NodeProto[], outputs: GraphProto['outputs']): NodeProto[] {
  const read = new Set(outputs.map(({ name }) => name));
  const used: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => read.has(name))) continue;
    for (const name of node.inputs) read.add(name);
    used.push(node);
  }
  return used.reverse();
}

/** A conversion to float32 is one to halves. */
function converting(node: NodeProto, type: HalfType): NodeProto {
  const { to } = node.attributes;
  if (node.opType !== 'Cast' || !to || !('int' in to) || to.int !== ElementType.float32) return node;
  return { ...node, attributes: { to: { int: ElementType[type] } } };
}

/** A small constant as halves. */
function convert(tensor: TensorProto | undefined, name: string, type: HalfType): TensorProto | undefined {
  if (!tensor || !('raw' in tensor.contents) || tensor.contents.raw.byteLength > 4 * mostConverted)
    return undefined;
  const { raw } = tensor.contents;
  const { bitsOf } = formats[type];
  // Numbers beyond are infinite, and an infinity less another is no number.
  const largest = largestHalf[type];
  const values = new Float32Array(raw.slice().buffer).map((value) =>
    Math.max(-largest, Math.min(largest, value)),
  );
  return { ...tensor, name, type, contents: { raw: new Uint8Array(bitsOf(values).buffer) } };
}
