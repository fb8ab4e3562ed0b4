// A graph in float16: its floats, weights among them, are halves between its inputs and its outputs.
import { float32ToFloat16 } from '@maria/core';
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

/** Numbers beyond are infinite in float16, and an infinity less another is no number. */
const largestHalf = 65504;

/** Inputs and outputs are as before: a state that is float16 is passed on as it is. */
export function inHalf(graph: GraphProto, exact: ExactParts): GraphProto {
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
    const known = halves.get(name);
    if (known !== undefined) return known;
    const half = exact.freshName(`${name}.half`);
    const converted = convert(stored.get(name), half);
    if (converted) initializers.push(converted);
    else add('Cast', name, half, 'float16');
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
    nodes.push({
      ...inFloat16(node),
      inputs: node.inputs.map((name) => (floats.has(name) ? halfOf(name) : (halves.get(name) ?? name))),
      outputs: node.outputs.map((name) => made.get(name) ?? name),
    });
    for (const [name, half] of made) add('Cast', half, name, 'float32');
  }
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return { ...graph, nodes, initializers: initializers.filter(({ name }) => read.has(name)) };
}

/** A conversion to float32 is one to float16. */
function inFloat16(node: NodeProto): NodeProto {
  const { to } = node.attributes;
  if (node.opType !== 'Cast' || !to || !('int' in to) || to.int !== ElementType.float32) return node;
  return { ...node, attributes: { to: { int: ElementType.float16 } } };
}

/** A small constant as halves. */
function convert(tensor: TensorProto | undefined, name: string): TensorProto | undefined {
  if (!tensor || !('raw' in tensor.contents) || tensor.contents.raw.byteLength > 4 * mostConverted)
    return undefined;
  const { raw } = tensor.contents;
  const values = new Float32Array(raw.slice().buffer).map((value) =>
    Math.max(-largestHalf, Math.min(largestHalf, value)),
  );
  return {
    ...tensor,
    name,
    type: 'float16',
    contents: { raw: new Uint8Array(float32ToFloat16(values).buffer) },
  };
}
