// The messages of onnx.proto3 that a lowered program needs, as plain data, and their serialisation.
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
import { ProtoWriter } from './proto-writer.js';

/** TensorProto.DataType. */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof ElementType;

export type TensorContents =
  /** Little-endian elements, row-major. */
  | { readonly raw: Uint8Array }
  /** A byte range of a file, named relative to the model's folder. */
  | { readonly file: string; readonly offset: number; readonly length: number };

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly contents: TensorContents;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: ElementType;
  /** A number is a dim_value, a string a dim_param. */
  readonly dims: readonly (number | string)[];
}

export type AttributeProto =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorProto };

export interface NodeProto {
  readonly opType: string;
  /** Empty for ONNX's own ops, else for example "com.microsoft". */
  readonly domain: string;
  readonly name: string;
  /** An empty name is an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeProto>>;
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set by its domain; "" is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: GraphProto;
}

/** Serialises a model. The result is one buffer; raw tensors are copied into it once. */
export function serializeModel(model: ModelProto): Uint8Array {
  return writeModel(model).finish();
}

function writeModel({ irVersion, producer, opsets, graph }: ModelProto): ProtoWriter {
  const out = new ProtoWriter().int(1, irVersion).string(2, producer).message(7, writeGraph(graph));
  for (const [domain, version] of Object.entries(opsets))
    out.message(8, new ProtoWriter().string(1, domain).int(2, version));
  return out;
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: GraphProto): ProtoWriter {
  const out = new ProtoWriter();
  for (const node of nodes) out.message(1, writeNode(node));
  out.string(2, name);
  for (const tensor of initializers) out.message(5, writeTensor(tensor));
  for (const value of inputs) out.message(11, writeValueInfo(value));
  for (const value of outputs) out.message(12, writeValueInfo(value));
  return out;
}

function writeNode({ inputs, outputs, name, opType, domain, attributes }: NodeProto): ProtoWriter {
  const out = new ProtoWriter();
  for (const input of inputs) out.string(1, input);
  for (const output of outputs) out.string(2, output);
  out.string(3, name).string(4, opType);
  for (const [key, attribute] of Object.entries(attributes)) out.message(5, writeAttribute(key, attribute));
  if (domain !== '') out.string(7, domain);
  return out;
}

/** Field 20 is AttributeProto.AttributeType. */
function writeAttribute(name: string, attribute: AttributeProto): ProtoWriter {
  const out = new ProtoWriter().string(1, name);
  if ('float' in attribute) return out.float(2, attribute.float).int(20, 1);
  if ('int' in attribute) return out.int(3, attribute.int).int(20, 2);
  if ('string' in attribute) return out.string(4, attribute.string).int(20, 3);
  if ('tensor' in attribute) return out.message(5, writeTensor(attribute.tensor)).int(20, 4);
  if ('ints' in attribute) return out.ints(8, attribute.ints).int(20, 7);
  for (const value of attribute.floats) out.float(7, value);
  return out.int(20, 6);
}

function writeTensor({ name, type, dims, contents }: TensorProto): ProtoWriter {
  const out = new ProtoWriter().ints(1, dims).int(2, ElementType[type]).string(8, name);
  if ('raw' in contents) return out.bytes(9, contents.raw);
  const { file, offset, length } = contents;
  const entries = { location: file, offset: String(offset), length: String(length) };
  for (const [key, value] of Object.entries(entries))
    out.message(13, new ProtoWriter().string(1, key).string(2, value));
  return out.int(14, 1);
}

function writeValueInfo({ name, type, dims }: ValueInfoProto): ProtoWriter {
  const shape = new ProtoWriter();
  for (const dim of dims)
    shape.message(
      1,
      typeof dim === 'number' ? new ProtoWriter().int(1, dim) : new ProtoWriter().string(2, dim),
    );
  const tensorType = new ProtoWriter().int(1, ElementType[type]).message(2, shape);
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, tensorType));
}
