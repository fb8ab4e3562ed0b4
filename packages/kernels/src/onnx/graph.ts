// Builds an ONNX graph node by node, with fresh names.
import type {
  AttributeProto,
  ElementType,
  NodeProto,
  TensorContents,
  TensorProto,
  ValueInfoProto,
} from './proto.js';
import { serializeModel } from './proto.js';

/** The newest operator set and format that ONNX Runtime 1.30 calls official. */
const onnxOpset = 23;
const irVersion = 11;

export const microsoft = 'com.microsoft';

export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();

  /** A name that no other value or node of the graph has: the hint, or the hint with a number. */
  freshName(hint: string): string {
    let name = hint;
    for (let i = 1; this.#names.has(name); i++) name = `${hint}_${i}`;
    this.#names.add(name);
    return name;
  }

  addInput(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#claim(name);
    this.#inputs.push({ name, type, dims });
  }

  /** Declares a value of the graph as an output. The node that makes it must have been given this very name. */
  addOutput(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, dims });
  }

  /** Adds a constant tensor under a fresh name and returns that name. */
  addInitializer(hint: string, type: ElementType, dims: readonly number[], contents: TensorContents): string {
    const name = this.freshName(hint);
    this.#initializers.push({ name, type, dims, contents });
    return name;
  }

  /** Adds a node with one output, under a fresh name, and returns that name. "" leaves an optional input out. */
  addNode(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeProto>> = {},
    domain = '',
  ): string {
    const output = this.freshName(opType);
    this.addNodeTo([output], opType, inputs, attributes, domain);
    return output;
  }

  /** Adds a node whose outputs have the given names, "" for an output that is not wanted. */
  addNodeTo(
    outputs: readonly string[],
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeProto>> = {},
    domain = '',
  ): void {
    for (const output of outputs) this.#names.add(output);
    this.#nodes.push({ opType, domain, name: this.freshName(`${opType}_node`), inputs, outputs, attributes });
  }

  /** The serialised ModelProto. */
  serialize(): Uint8Array {
    return serializeModel({
      irVersion,
      producer: 'maria',
      opsets: { '': onnxOpset, [microsoft]: 1 },
      graph: {
        name: 'program',
        nodes: this.#nodes,
        initializers: this.#initializers,
        inputs: this.#inputs,
        outputs: this.#outputs,
      },
    });
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw new Error(`the graph already has a value named "${name}"`);
    this.#names.add(name);
  }
}
