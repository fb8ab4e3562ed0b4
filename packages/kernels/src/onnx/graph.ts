// Builds an ONNX graph node by node, with fresh names.
import type { DeviceDType } from '../device.js';
import { inHalf } from './half-graph.js';
import type {
  AttributeProto,
  ElementType,
  NodeProto,
  TensorContents,
  TensorProto,
  ValueInfoProto,
} from './proto.js';
import { serializeModel } from './proto.js';

/** Operator set 23 is the first with Attention and RMSNormalization; ONNX Runtime 1.30 has CPU kernels for all that is used of it. */
const onnxOpset = 23;
const irVersion = 11;

export const microsoft = 'com.microsoft';

export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();
  /** How often each hint was asked for, so that a fresh name is found at once. */
  readonly #hints = new Map<string, number>();
  /** Begins the names of nodes. */
  #prefix = '';
  #isExact = false;
  /** Nodes that stay in float32 in a graph that is in halves, by their names, and those of their results that are floats. */
  readonly #exactNodes = new Set<string>();
  readonly #exactFloats = new Set<string>();

  /** A name that no other value or node of the graph has: the hint, or the hint with a number. */
  freshName(hint: string): string {
    let count = this.#hints.get(hint) ?? 0;
    let name = count === 0 ? hint : `${hint}_${count}`;
    while (this.#names.has(name)) name = `${hint}_${++count}`;
    this.#hints.set(hint, count + 1);
    this.#names.add(name);
    return name;
  }

  /** What `add` adds to the graph, with names of nodes that begin so. */
  named<T>(prefix: string, add: () => T): T {
    const before = this.#prefix;
    this.#prefix = prefix;
    try {
      return add();
    } finally {
      this.#prefix = before;
    }
  }

  /** What `add` adds to the graph stays in float32 where the rest is in halves. @param isFloat whether the result is one */
  exactly(isFloat: boolean, add: () => string): string {
    const before = this.#isExact;
    this.#isExact = true;
    try {
      const result = add();
      if (isFloat) this.#exactFloats.add(result);
      return result;
    } finally {
      this.#isExact = before;
    }
  }

  /** Keeps a name for a value that a node will make later. @throws Error if the graph has it already */
  reserve(name: string): void {
    if (this.#names.has(name)) throw new Error(`the graph already has a value named "${name}"`);
    this.#names.add(name);
  }

  addInput(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.reserve(name);
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

  /** Adds a node whose outputs have the given names, which are fresh or reserved; "" for an output that is not wanted. */
  addNodeTo(
    outputs: readonly string[],
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeProto>> = {},
    domain = '',
  ): void {
    const name = this.freshName(`${this.#prefix}${opType}_node`);
    if (this.#isExact) this.#exactNodes.add(name);
    this.#nodes.push({ opType, domain, name, inputs, outputs, attributes });
  }

  /**
   * Gives the result of a node the reserved name `to`, wherever it is used. A graph output that is computed under its own
   * name needs no copy. Returns whether it could: not if no node makes the value, or if it is an output already.
   */
  rename(from: string, to: string): boolean {
    const replace = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
    if (this.#outputs.some(({ name }) => name === from)) return false;
    const maker = this.#nodes.findIndex(({ outputs }) => outputs.includes(from));
    if (maker < 0) return false;
    // Nodes that use a value come after the one that makes it.
    for (let i = maker; i < this.#nodes.length; i++) {
      const node = this.#nodes[i]!;
      if (i > maker && !node.inputs.includes(from)) continue;
      this.#nodes[i] = { ...node, inputs: replace(node.inputs), outputs: replace(node.outputs) };
    }
    return true;
  }

  /** The serialised ModelProto. @param dtype what it computes in */
  serialize(dtype: DeviceDType = 'float32'): Uint8Array {
    const graph = {
      name: 'program',
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
    return serializeModel({
      irVersion,
      producer: 'maria',
      opsets: { '': onnxOpset, [microsoft]: 1 },
      graph:
        dtype === 'float32'
          ? graph
          : inHalf(graph, dtype, {
              nodes: this.#exactNodes,
              floats: this.#exactFloats,
              freshName: (hint) => this.freshName(hint),
            }),
    });
  }
}
