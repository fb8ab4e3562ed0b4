// Reads a serialised ONNX model back into what it was written from, and tells the type of each of its values.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type AttributeProto,
  ElementType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  serializeModel,
  type TensorProto,
  type ValueInfoProto,
} from '../packages/kernels/src/onnx/proto.js';

type Field = number | Uint8Array;
type Fields = ReadonlyMap<number, readonly Field[]>;

/** The fields of a message by their numbers. Of numbers of 4 bytes their bytes. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const value = (key & 7) === 0 ? varint() : take((key & 7) === 2 ? varint() : 4);
    const same = fields.get(key >> 3);
    if (same) same.push(value);
    else fields.set(key >> 3, [value]);
  }
  return fields;
}

const decoder = new TextDecoder();
const messages = (fields: Fields, number: number) => (fields.get(number) ?? []) as readonly Uint8Array[];
const texts = (fields: Fields, number: number) =>
  messages(fields, number).map((bytes) => decoder.decode(bytes));
const text = (fields: Fields, number: number) => texts(fields, number)[0] ?? '';
const int = (fields: Fields, number: number) => (fields.get(number)?.[0] ?? 0) as number;
const floatOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);

/** Packed in one field, or a field each. */
function ints(fields: Fields, number: number): number[] {
  return (fields.get(number) ?? []).flatMap((field) => {
    if (typeof field === 'number') return [field];
    const packed = [...field].flatMap((_, i) => (i === 0 || field[i - 1]! < 0x80 ? [i] : []));
    return packed.map((start) => {
      let value = 0n;
      for (let i = start, shift = 0n; ; i++, shift += 7n) {
        value |= BigInt(field[i]! & 0x7f) << shift;
        if (field[i]! < 0x80) return Number(BigInt.asIntN(64, value));
      }
    });
  });
}

const typeNames = new Map<number, ElementType>(
  Object.entries(ElementType).map(([name, number]) => [number, name as ElementType]),
);

export function readModel(bytes: Uint8Array): ModelProto {
  const model = fieldsOf(bytes);
  const graph = fieldsOf(messages(model, 7)[0]!);
  const all = <T>(number: number, read: (fields: Fields) => T) =>
    messages(graph, number).map((message) => read(fieldsOf(message)));
  return {
    irVersion: int(model, 1),
    producer: text(model, 2),
    opsets: Object.fromEntries(
      messages(model, 8).map((message) => [text(fieldsOf(message), 1), int(fieldsOf(message), 2)]),
    ),
    graph: {
      name: text(graph, 2),
      nodes: all(1, readNode),
      initializers: all(5, readTensor),
      inputs: all(11, readValueInfo),
      outputs: all(12, readValueInfo),
    },
  };
}

function readNode(node: Fields): NodeProto {
  return {
    opType: text(node, 4),
    domain: text(node, 7),
    name: text(node, 3),
    inputs: texts(node, 1),
    outputs: texts(node, 2),
    attributes: Object.fromEntries(
      messages(node, 5).map((message) => [text(fieldsOf(message), 1), readAttribute(fieldsOf(message))]),
    ),
  };
}

function readAttribute(attribute: Fields): AttributeProto {
  switch (int(attribute, 20)) {
    case 1:
      return { float: floatOf(messages(attribute, 2)[0]!) };
    case 2:
      return { int: int(attribute, 3) };
    case 3:
      return { string: text(attribute, 4) };
    case 4:
      return { tensor: readTensor(fieldsOf(messages(attribute, 5)[0]!)) };
    case 6:
      return { floats: messages(attribute, 7).map(floatOf) };
    default:
      return { ints: ints(attribute, 8) };
  }
}

function readTensor(tensor: Fields): TensorProto {
  const entries = new Map(
    messages(tensor, 13).map((message) => [text(fieldsOf(message), 1), text(fieldsOf(message), 2)]),
  );
  const file = entries.get('location');
  return {
    name: text(tensor, 8),
    type: typeNames.get(int(tensor, 2))!,
    dims: ints(tensor, 1),
    contents:
      file === undefined
        ? { raw: messages(tensor, 9)[0] ?? new Uint8Array(0) }
        : { file, offset: Number(entries.get('offset')), length: Number(entries.get('length')) },
  };
}

function readValueInfo(value: Fields): ValueInfoProto {
  const type = fieldsOf(messages(fieldsOf(messages(value, 2)[0]!), 1)[0]!);
  const dims = messages(fieldsOf(messages(type, 2)[0]!), 1).map(fieldsOf);
  return {
    name: text(value, 1),
    type: typeNames.get(int(type, 1))!,
    dims: dims.map((dim) => (dim.has(2) ? text(dim, 2) : int(dim, 1))),
  };
}

/** What the library has of an op, as tools/cuda-kernels/list.py writes it. */
export interface KnownOp {
  /** Names of types, or of what they are called together; `...` for all that follow. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly gives: Readonly<Record<string, ElementType>>;
  /** Types that a kernel takes, by their names. */
  readonly kernels: readonly Readonly<Record<string, readonly ElementType[]>>[];
}

const { ops } = JSON.parse(
  readFileSync(fileURLToPath(new URL('cuda-kernels.json', import.meta.url)), 'utf8'),
) as { readonly ops: Readonly<Record<string, KnownOp>> };

/** What each of the names of an op's types stands for in a node. */
export type Bound = ReadonlyMap<string, ElementType>;

export const nameOf = ({ opType, domain }: NodeProto) => (domain === '' ? opType : `${domain}.${opType}`);

/** @throws Error for an op that the library does not have */
export function knownOp(node: NodeProto): KnownOp {
  const known = ops[nameOf(node)];
  if (!known) throw new Error(`${nameOf(node)} is not in cuda-kernels.json: make it anew`);
  return known;
}

const formalOf = (names: readonly string[], index: number) =>
  (names[index] ?? names.at(-1)!).replace('...', '');

/**
 * Goes through the nodes in order, with the types of what each reads and makes.
 * @throws Error where the types that a node reads do not agree
 */
export function forEachNode(
  { nodes, inputs, initializers }: GraphProto,
  visit: (node: NodeProto, bound: Bound, types: ReadonlyMap<string, ElementType>) => void,
): void {
  const types = new Map([...inputs, ...initializers].map(({ name, type }) => [name, type]));
  for (const node of nodes) {
    const known = knownOp(node);
    const bound = new Map<string, ElementType>();
    node.inputs.forEach((name, index) => {
      if (name === '') return;
      const [formal, type] = [formalOf(known.inputs, index), types.get(name)];
      if (type === undefined) throw new Error(`${node.name} reads ${name}, which nothing made`);
      const fixed = /^tensor\((\w+)\)$/.exec(formal)?.[1]?.replace(/^float$/, 'float32');
      if ((fixed ?? bound.get(formal) ?? type) !== type)
        throw new Error(`${node.name}: ${formal} is ${fixed ?? bound.get(formal)}, and ${name} is ${type}`);
      bound.set(formal, type);
    });
    const { to, value } = node.attributes;
    const told = to && 'int' in to ? typeNames.get(to.int) : value && 'tensor' in value && value.tensor.type;
    node.outputs.forEach((name, index) => {
      const formal = formalOf(known.outputs, index);
      const type = bound.get(formal) ?? known.gives[formal] ?? told;
      if (!type) throw new Error(`${node.name}: nothing tells the type of ${formal}`);
      bound.set(formal, type);
      types.set(name, type);
    });
    visit(node, bound, types);
  }
}

/** The same model where nothing but conversions computes with bfloat16: each node in float32, of what it reads and makes rounded. For the CPU. */
export function roundedToBfloat16(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const nodes: NodeProto[] = [];
  const cast = (input: string, output: string, to: ElementType) =>
    nodes.push({
      ...{ opType: 'Cast', domain: '', name: `${output}.cast`, inputs: [input], outputs: [output] },
      attributes: { to: { int: ElementType[to] } },
    });
  const exact = new Set<string>();
  forEachNode(model.graph, (node, _, types) => {
    if (node.opType === 'Cast') {
      nodes.push(node);
      return;
    }
    const asFloat = (name: string) => (types.get(name) === 'bfloat16' ? `${name}.exact` : name);
    for (const name of node.inputs)
      if (asFloat(name) !== name && !exact.has(name)) {
        cast(name, asFloat(name), 'float32');
        exact.add(name);
      }
    // What it makes is rounded before anybody reads it.
    const unrounded = (name: string) => (types.get(name) === 'bfloat16' ? `${name}.unrounded` : name);
    nodes.push({
      ...node,
      inputs: node.inputs.map(asFloat),
      outputs: node.outputs.map(unrounded),
    });
    for (const name of node.outputs) if (unrounded(name) !== name) cast(unrounded(name), name, 'bfloat16');
  });
  return serializeModel({ ...model, graph: { ...model.graph, nodes } });
}
