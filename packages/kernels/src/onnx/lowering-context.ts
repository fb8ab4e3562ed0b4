// What lowerings see of the program around them: values by tensor, constants, lengths at run time, and state.
import {
  type Dim,
  formatShape,
  isOp,
  type Program,
  productOfShape,
  type Shape,
  stateOp,
  type Tensor,
  type WeightAttributes,
  weightOp,
} from '@maria/core';
import { type CpuKernels, type DeviceKernels, onCpu } from './device-kernels.js';
import type { GraphBuilder } from './graph.js';
import { kernelSlotValues, slotCounts, slotRows } from './kernel-slots.js';
import type { GraphState, GraphValue, Lowered } from './lowered-graph.js';
import { paddedCount, rowsTogether } from './padded-rows.js';
import { ElementType } from './proto.js';
import type {
  BlockForm,
  BlockInitializer,
  ChannelInitializer,
  StoredInitializer,
  WeightInitializers,
} from './weight-initializers.js';

export class LoweringContext {
  readonly graph: GraphBuilder;
  readonly slotInputs: GraphValue[] = [];
  /** Sequences that attention kernels compute side by side. */
  readonly slots: number;
  /** Of the device that the graph is for, undefined for the CPU. */
  readonly device: DeviceKernels | undefined;
  /** Whether products of int4 are given padded rows. */
  readonly padsRows: boolean;
  readonly #inputs: Program['inputs'];
  readonly #weights: WeightInitializers;
  readonly #values = new Map<Tensor, string>();
  readonly #rows = new Map<Tensor, string>();
  readonly #paddedRows = new Map<Tensor, string>();
  readonly #states = new Map<Tensor, GraphState>();
  readonly #shared = new Map<string, unknown>();

  /** @param slots sequences that attention computes side by side @param kernels without them the CPU's */
  constructor(
    graph: GraphBuilder,
    inputs: Program['inputs'],
    weights: WeightInitializers,
    slots = 1,
    kernels: CpuKernels | DeviceKernels = { kind: 'cpu' },
  ) {
    this.slots = slots;
    this.device = kernels.kind === 'cpu' ? undefined : kernels;
    this.padsRows = kernels.kind === 'cpu' && !kernels.int4IsExact;
    this.graph = graph;
    this.#inputs = inputs;
    this.#weights = weights;
  }

  bind(tensor: Tensor, result: Lowered): void {
    if (typeof result === 'string') this.#values.set(tensor, result);
    else if ('rows' in result) this.#rows.set(tensor, result.rows);
    else this.#paddedRows.set(tensor, result.paddedRows);
  }

  /** Name of the graph value that holds a tensor; a weight is converted to float32. */
  value(tensor: Tensor): string {
    if (isOp(tensor, weightOp)) return this.#weights.float32(tensor.attributes);
    const name = this.#values.get(tensor);
    if (name !== undefined) return name;
    const rows = this.#matrix(tensor);
    if (rows === undefined) throw new Error(`"${tensor.op.name}" is used as a value that no node makes`);
    // Of a matrix the very same value: shaping it would copy it where it is a result.
    const shaped = tensor.shape.length === 2 ? rows : this.reshape(rows, tensor.shape);
    this.#values.set(tensor, shaped);
    return shaped;
  }

  /** Name of a tensor as a matrix, [all axes but the last in one, last axis]: what products of matrices take. */
  rows(tensor: Tensor): string {
    if (tensor.shape.length === 2) return this.value(tensor);
    const held = this.#matrix(tensor);
    if (held !== undefined) return held;
    const rows = this.reshape(this.value(tensor), [
      productOfShape(tensor.shape.slice(0, -1)),
      tensor.shape.at(-1)!,
    ]);
    this.#rows.set(tensor, rows);
    return rows;
  }

  /**
   * The same with its last row twice where the kernel of int4 would be left with a single one, which it sums in another order. Nodes
   * that go row by row hand padded rows on, so that few values are padded and cut again.
   */
  paddedRows(tensor: Tensor): string {
    const held = this.#paddedRows.get(tensor);
    if (held !== undefined) return held;
    const { index } = this.#padding(tensor);
    const rows = this.rows(tensor);
    const padded = index === undefined ? rows : this.graph.addNode('Gather', [rows, index]);
    this.#paddedRows.set(tensor, padded);
    return padded;
  }

  /** A tensor that is held as a matrix. */
  #matrix(tensor: Tensor): string | undefined {
    const held = this.#rows.get(tensor);
    const padded = this.#paddedRows.get(tensor);
    if (held !== undefined || padded === undefined) return held;
    const { index, count } = this.#padding(tensor);
    const zero = this.int64([0]);
    const rows = index === undefined ? padded : this.graph.addNode('Slice', [padded, zero, count, zero]);
    this.#rows.set(tensor, rows);
    return rows;
  }

  /**
   * How many rows a tensor has, int64 [1], and which of them its padded ones are; no `index` where none is left over, whatever the run.
   * Computed once in a run for all tensors of so many rows.
   */
  #padding({ shape }: Tensor): { readonly count: string; readonly index?: string } {
    const rowCount = productOfShape(shape.slice(0, -1));
    const count = this.dim(rowCount);
    if (typeof rowCount === 'number') {
      const padded = paddedCount(rowCount);
      if (padded === rowCount) return { count };
      return {
        count,
        index: this.int64(Array.from({ length: padded }, (_, i) => Math.min(i, rowCount - 1))),
      };
    }
    return this.shared(`padding of ${rowCount}`, () => {
      const { graph } = this;
      const one = this.int64([1]);
      const left = graph.addNode('Mod', [count, this.int64([rowsTogether])]);
      const isLeft = graph.addNode('Equal', [left, one]);
      const added = graph.addNode('Cast', [isLeft], { to: { int: ElementType.int64 } });
      const padded = graph.addNode('Squeeze', [graph.addNode('Add', [count, added]), this.int64([0])]);
      const range = graph.addNode('Range', [this.int64Scalar(0), padded, this.int64Scalar(1)]);
      return { count, index: graph.addNode('Min', [range, graph.addNode('Sub', [count, one])]) };
    });
  }

  /**
   * A node that computes each row by itself. Between products of matrices it works on matrices too, so that values do not
   * change their shape again and again: of the nodes of a small model each third one did nothing else.
   * @param add the node, from the names of its inputs
   */
  rowwise(node: Tensor, add: (inputs: string[]) => string): Lowered {
    const isWhole = (tensor: Tensor) => formatShape(tensor.shape) === formatShape(node.shape);
    const whole = node.inputs.filter(isWhole);
    const goesByRow =
      node.shape.length >= 2 && node.inputs.every((tensor) => isWhole(tensor) || tensor.shape.length < 2);
    const withRows = (rowsOf: (tensor: Tensor) => string) =>
      add(node.inputs.map((tensor) => (isWhole(tensor) ? rowsOf(tensor) : this.value(tensor))));
    if (goesByRow && whole.some((tensor) => this.#paddedRows.has(tensor)))
      return { paddedRows: withRows((tensor) => this.paddedRows(tensor)) };
    if (goesByRow && node.shape.length > 2 && whole.some((tensor) => this.#rows.has(tensor)))
      return { rows: withRows((tensor) => this.rows(tensor)) };
    return add(this.inputsOf(node));
  }

  /** Names of the inputs of a node, in order. */
  inputsOf(node: Tensor): string[] {
    return node.inputs.map((tensor) => this.value(tensor));
  }

  /** A weight as the checkpoint stores it, for ops that can read it so. */
  stored(tensor: Tensor<WeightAttributes>): StoredInitializer {
    return this.#weights.stored(tensor.attributes);
  }

  /** A matrix that is an int4 weight with its blocks along `axis`; undefined for any other tensor. */
  blocks(tensor: Tensor, axis: 0 | 1, form: BlockForm): BlockInitializer | undefined {
    return isOp(tensor, weightOp) ? this.#weights.blocks(tensor.attributes, axis, form) : undefined;
  }

  /** A matrix that is an int8 weight with its inputs along `axis`; undefined for any other tensor. */
  channels(tensor: Tensor, axis: 0 | 1): ChannelInitializer | undefined {
    return isOp(tensor, weightOp) ? this.#weights.channels(tensor.attributes, axis) : undefined;
  }

  /**
   * Declares the inputs that the slots of attention kernels need, and returns how many slots there are.
   * @param time of the packed rows @param cached whether the kernels attend over a cache
   */
  useSlots(time: Dim, { cached }: { cached: boolean }): number {
    if (this.slotInputs.length === 0) {
      this.slotInputs.push(...kernelSlotValues(this.slots, String(time), cached));
      for (const { name, dtype, shape } of this.slotInputs) this.graph.addInput(name, dtype, shape);
    }
    return this.slots;
  }

  /** Of a value [1, time, ...] the packed rows that each slot reads. */
  rowsOfSlots(x: string): string[] {
    const { graph, slots, device } = this;
    const gather = (rows: string) => graph.addNode('Gather', [x, rows], { axis: { int: 1 } });
    const split = (from: string, axis: number) => {
      const parts = Array.from({ length: slots }, () => graph.freshName('slot'));
      graph.addNodeTo(parts, 'Split', [from, this.slotCounts()], { axis: { int: axis } });
      return parts;
    };
    if (!device) return split(gather(slotRows), 1);
    // Kernels of WebGPU have a dozen buffers at most: what is split is the list of rows, by the CPU.
    return this.shared('rows of slots', () => graph.named(onCpu, () => split(slotRows, 0))).map(gather);
  }

  /** How many packed rows each slot reads, int64 [slots]: what Split takes. */
  slotCounts(): string {
    return this.shared('slot counts', () =>
      this.lengthNode('Cast', [slotCounts], { to: { int: ElementType.int64 } }),
    );
  }

  /**
   * Past and present of a state for each slot, as inputs and outputs of the graph. `shape` is of one lane, and may be larger
   * than the program's where a kernel needs it. @throws Error if two nodes write to one state
   */
  state(tensor: Tensor, shape: readonly number[]): GraphState {
    if (!isOp(tensor, stateOp)) throw new Error(`"${tensor.op.name}" is used as state`);
    const { name, storage: dtype } = tensor.attributes;
    if (this.#states.has(tensor)) throw new Error(`two nodes of one program write to the state "${name}"`);
    const [batch, heads, , size] = shape as [number, number, number, number];
    const slots = Array.from({ length: this.slots }, (_, slot) => {
      const names = { past: `past.${name}.${slot}`, present: `present.${name}.${slot}` };
      // The length is left open: a backend gives the whole capacity in place, or exactly the tokens so far.
      this.graph.addInput(names.past, dtype, [batch, heads, `${names.past}.length`, size]);
      this.graph.reserve(names.present);
      this.graph.addOutput(names.present, dtype, [batch, heads, `${names.present}.length`, size]);
      return names;
    });
    const state = { name, lanes: Number(tensor.shape[0]), shape, dtype, slots };
    this.#states.set(tensor, state);
    return state;
  }

  get states(): GraphState[] {
    return [...this.#states.values()];
  }

  /** What `make` adds to the graph; one for all calls with the same key, which belongs to one kind of value. */
  shared<T = string>(key: string, make: () => T): T {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as T;
  }

  /** A constant int64 vector: what ONNX takes for shapes and axes. */
  int64(values: readonly number[]): string {
    return this.shared(`int64 ${values}`, () => {
      const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      return this.graph.addInitializer('int64', 'int64', [values.length], { raw });
    });
  }

  int64Scalar(value: number): string {
    return this.shared(`int64 scalar ${value}`, () => {
      const raw = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
      return this.graph.addInitializer('int64', 'int64', [], { raw });
    });
  }

  int32(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.shared(`int32 ${values} ${formatShape(dims)}`, () => {
      const raw = new Uint8Array(Int32Array.from(values).buffer);
      return this.graph.addInitializer('int32', 'int32', dims, { raw });
    });
  }

  uint8(values: readonly number[]): string {
    return this.shared(`uint8 ${values}`, () =>
      this.graph.addInitializer('uint8', 'uint8', [values.length], { raw: Uint8Array.from(values) }),
    );
  }

  float32(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.shared(`float32 ${values} ${formatShape(dims)}`, () => {
      const raw = new Uint8Array(Float32Array.from(values).buffer);
      return this.graph.addInitializer('float32', 'float32', dims, { raw });
    });
  }

  /** Whether the graph is in float16 or bfloat16. */
  get isHalf(): boolean {
    return (this.device?.dtype ?? 'float32') !== 'float32';
  }

  /** A value as float32, for what is computed so in a graph in halves too: within `graph.exactly`. */
  exact(value: string): string {
    return this.isHalf ? this.graph.addNode('Cast', [value], { to: { int: ElementType.float32 } }) : value;
  }

  /** A node that computes with lengths: on the CPU also where the rest is on a device, which would be waited for. */
  lengthNode(...node: Readonly<Parameters<GraphBuilder['addNode']>>): string {
    return this.graph.named(onCpu, () => this.graph.addNode(...node));
  }

  /** A dimension as int64 [1]. A name gets its length from an input that has it. @throws Error if no input has it */
  dim(dim: Dim): string {
    if (typeof dim === 'number') return this.int64([dim]);
    return this.shared(`dim ${dim}`, () => {
      for (const [name, { shape }] of this.#inputs) {
        const axis = shape.indexOf(dim);
        if (axis >= 0)
          return this.lengthNode('Shape', [name], { start: { int: axis }, end: { int: axis + 1 } });
      }
      const factors = dim.split('*').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      if (factors.length === 1) throw new Error(`no input of the program has the dimension "${dim}"`);
      return factors.map((factor) => this.dim(factor)).reduce((a, b) => this.lengthNode('Mul', [a, b]));
    });
  }

  /** A dimension as an int32 scalar. */
  dimAsInt32(dim: Dim): string {
    if (typeof dim === 'number') return this.int32([dim], []);
    return this.shared(`int32 dim ${dim}`, () => {
      const scalar = this.lengthNode('Squeeze', [this.dim(dim), this.int64([0])]);
      return this.lengthNode('Cast', [scalar], { to: { int: ElementType.int32 } });
    });
  }

  /** A shape as int64 [rank]. */
  shape(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.int64(shape);
    return this.shared(`shape ${formatShape(shape)}`, () =>
      shape.length === 1
        ? this.dim(shape[0]!)
        : this.lengthNode(
            'Concat',
            shape.map((dim) => this.dim(dim)),
            { axis: { int: 0 } },
          ),
    );
  }

  /** `x` under another shape with the same number of elements. */
  reshape(x: string, shape: Shape): string {
    // One unknown length is left to ONNX: a constant shape is cheaper, and the optimiser can see it.
    const unknown = shape.filter((dim) => typeof dim === 'string').length;
    const target =
      unknown === 1 && !shape.includes(0)
        ? this.int64(shape.map((dim) => (typeof dim === 'string' ? -1 : dim)))
        : this.shape(shape);
    // allowzero: a 0 in the shape is a length, not "as the input".
    return this.graph.addNode('Reshape', [x, target], { allowzero: { int: 1 } });
  }
}
