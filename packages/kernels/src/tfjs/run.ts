// A program that runs eagerly on TensorFlow.js: node by node, each value freed after its last use.
import {
  type DimBindings,
  formatShape,
  type Inputs,
  InterruptedError,
  int8Factor,
  isOp,
  numberOfElements,
  type Outputs,
  ops,
  type Program,
  resolveShape,
  ShapeError,
  sameShape,
  type Tensor,
  type VariableMemory,
  type WeightSource,
} from '@maria/core';
import { cacheUseOf, packedUseOf, type Slot, tableRowsOf } from '../run/check-inputs.js';
import { GuardedExecutable, type OngoingRun } from '../run/guarded-executable.js';
import { runFailure } from './failure.js';
import { kernels } from './kernels.js';
import type { Tfjs, TfTensor } from './library.js';
import { attend, slidingWindowBias, splitHeads } from './ops/attention.js';
import { roundRows } from './ops/int8-input.js';
import { attendInLane, type KeysAndValues } from './ops/lane-attention.js';
import { type Plan, planOf } from './plan.js';
import { download, upload } from './transfer.js';
import type { HeldWeight, WeightTensors } from './weight-tensors.js';

/** The tensors of one run. */
interface Run {
  readonly bindings: DimBindings;
  readonly slots: readonly Slot[];
  readonly ongoing: OngoingRun;
  /** Inputs, variables, and what was computed and is still needed. */
  readonly values: Map<Tensor, TfTensor>;
}

interface Results {
  readonly outputs: Outputs;
  readonly updates: Outputs;
}

/** `stateBytes` is of the full capacity; what is held at a time is as long as the tokens so far. */
export class TfjsExecutable extends GuardedExecutable<Results> {
  readonly #tf: Tfjs;
  readonly #program: Program;
  readonly #plan: Plan;
  /** Weights and constants. */
  readonly #lasting = new Map<Tensor, TfTensor>();
  readonly #weights: HeldWeight[] = [];
  readonly #constants: TfTensor[] = [];
  /** Products with int8 matrices, which are on the device as floats. */
  readonly #int8: ReadonlySet<Tensor>;
  /** Of each lane, by the node that extends them. */
  readonly #keysAndValues = new Map<Tensor, Map<number, KeysAndValues>>();

  /** @throws DataError when a weight cannot be read; ShapeError when the memory of a variable does not fit */
  constructor(
    tf: Tfjs,
    program: Program,
    source: WeightSource,
    weightTensors: WeightTensors,
    variables: VariableMemory,
  ) {
    super(
      [...program.inputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      {
        cacheUse: cacheUseOf(program),
        packedUse: packedUseOf(program),
        mostSequences: Number.POSITIVE_INFINITY,
        tableRows: tableRowsOf(program),
      },
      [...program.states.values()].reduce(
        (bytes, { shape }) =>
          bytes + numberOfElements(resolveShape(shape, {})) * Float32Array.BYTES_PER_ELEMENT,
        0,
      ),
      {
        declared: [...program.variables].map(([name, { shape }]) => ({
          name,
          shape: resolveShape(shape, {}),
        })),
        memory: variables,
      },
    );
    this.#tf = tf;
    this.#program = program;
    this.#plan = planOf(program);
    this.#int8 = new Set(program.nodes.filter((node) => int8Factor(node, source)));
    try {
      for (const weight of program.weights) {
        const held = weightTensors.hold(source, weight.attributes);
        this.#weights.push(held);
        this.#lasting.set(weight, held.tensor);
      }
      for (const constant of this.#plan.constants) {
        const tensor = upload(tf, constant.attributes);
        this.#constants.push(tensor);
        this.#lasting.set(constant, tensor);
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    bindings: DimBindings,
    ongoing: OngoingRun,
  ): Promise<Results> {
    const values = new Map<Tensor, TfTensor>();
    try {
      this.#upload(inputs, variables, values);
      await this.#compute({ bindings, slots: ongoing.slots, ongoing, values });
      const outputs = await this.#download(this.#program.outputs, values);
      const updates = await this.#download(this.#program.updates, values);
      return { outputs, updates };
    } finally {
      for (const tensor of values.values()) tensor.dispose();
    }
  }

  protected finish({ outputs, updates }: Results, variables: VariableMemory): Outputs {
    for (const [name, { data }] of Object.entries(updates)) variables[name]!.set(data);
    return outputs;
  }

  protected copyState(from: number, to: number, length: number): void {
    const tf = this.#tf;
    for (const lanes of this.#keysAndValues.values()) {
      const [source, replaced] = [lanes.get(from), lanes.get(to)];
      if (length === 0 || !source) continue;
      const first = (x: TfTensor) => {
        const [, heads, , size] = x.shape as [number, number, number, number];
        return tf.slice(x, [0, 0, 0, 0], [1, heads, length, size]);
      };
      lanes.set(to, { keys: first(source.keys), values: first(source.values) });
      if (replaced) tf.dispose([replaced.keys, replaced.values]);
    }
  }

  protected release(): void {
    for (const weight of this.#weights) weight.release();
    for (const lanes of this.#keysAndValues.values())
      for (const { keys, values } of lanes.values()) this.#tf.dispose([keys, values]);
    this.#tf.dispose(this.#constants);
  }

  #upload(inputs: Inputs, variables: VariableMemory, values: Map<Tensor, TfTensor>): void {
    for (const [name, tensor] of this.#program.inputs) values.set(tensor, upload(this.#tf, inputs[name]!));
    for (const [name, tensor] of this.#plan.variablesRead) {
      const shape = resolveShape(tensor.shape, {});
      values.set(tensor, upload(this.#tf, { dtype: 'float32', shape, data: variables[name]! }));
    }
  }

  async #download(tensors: ReadonlyMap<string, Tensor>, values: Run['values']): Promise<Outputs> {
    const downloaded = [...tensors].map(async ([name, tensor]) => {
      return [name, await download(this.#valueOf(tensor, values), tensor.dtype)] as const;
    });
    return Object.fromEntries(await Promise.all(downloaded));
  }

  async #compute(run: Run): Promise<void> {
    const { values, ongoing } = run;
    for (const { node, expired } of this.#plan.steps) {
      // The event loop turns between nodes, so that an interrupt is heard.
      await nextTurn();
      if (ongoing.interrupted) throw new InterruptedError();
      try {
        values.set(node, this.#computeNode(node, run));
      } catch (error) {
        throw error instanceof ShapeError ? error : runFailure(error);
      }
      for (const tensor of expired) {
        values.get(tensor)!.dispose();
        values.delete(tensor);
      }
    }
  }

  #computeNode(node: Tensor, { bindings, slots, values }: Run): TfTensor {
    const tf = this.#tf;
    const shape = resolveShape(node.shape, bindings);
    // There is nothing to compute, and not every function of the library takes shapes without elements.
    if (shape.includes(0)) return tf.zeros(shape, node.dtype);
    if (isOp(node, ops.laneAttentionOp)) return this.#extendLanes(node, slots, values);
    if (isOp(node, ops.packedAttentionOp)) return this.#attendPacked(node, slots, values);
    const inputs = node.inputs.map((tensor) => this.#valueOf(tensor, values));
    const result = tf.tidy(() => {
      if (this.#int8.has(node)) inputs[0] = roundRows(tf, inputs[0]!);
      const computed = kernels.get(node.op.name)!.compute(node, inputs, { tf, shape });
      // Each value is disposed of on its own.
      return inputs.includes(computed) ? computed.clone() : computed;
    });
    if (sameShape(result.shape, shape)) return result;
    const [is, expected] = [formatShape(result.shape), formatShape(shape)];
    result.dispose();
    throw new Error(`the result of ${node.op.name} is ${is}, expected ${expected}`);
  }

  /** Slot after slot, each over the cache of its lane. */
  #extendLanes(
    node: Tensor<ops.LaneAttentionAttributes>,
    slots: readonly Slot[],
    values: Run['values'],
  ): TfTensor {
    const tf = this.#tf;
    const lanes = this.#keysAndValues.get(node) ?? new Map<number, KeysAndValues>();
    this.#keysAndValues.set(node, lanes);
    const packed = node.inputs.slice(0, 3).map((tensor) => this.#valueOf(tensor, values));
    const results = slots.map(({ lane, first, rowCount, past }) => {
      const before = lanes.get(lane);
      const { result, ...extended } = tf.tidy(() => {
        const [q, k, v] = packed.map((x) => tf.slice(x, [0, first, 0], [1, rowCount, x.shape[2]!]));
        return attendInLane(tf, [q!, k!, v!], before, past, node.attributes);
      });
      lanes.set(lane, extended);
      if (before) tf.dispose([before.keys, before.values]);
      return result;
    });
    const [only] = results;
    if (results.length === 1) return only!;
    const joined = tf.concat(results, 1);
    tf.dispose(results);
    return joined;
  }

  /** Slot after slot, each within its own rows. */
  #attendPacked(
    node: Tensor<ops.PackedAttentionAttributes>,
    slots: readonly Slot[],
    values: Run['values'],
  ): TfTensor {
    const tf = this.#tf;
    const { heads, scale, halfWindow } = node.attributes;
    const [q, k, v] = node.inputs.map((tensor) => this.#valueOf(tensor, values));
    return tf.tidy(() => {
      const results = slots.map(({ first, rowCount }) => {
        const rowsOf = (x: TfTensor) => tf.slice(x, [0, first, 0], [1, rowCount, x.shape[2]!]);
        const bias = halfWindow === undefined ? undefined : slidingWindowBias(tf, rowCount, halfWindow);
        const [keys, values] = [k!, v!].map((x) => splitHeads(tf, rowsOf(x), heads));
        return attend(tf, rowsOf(q!), keys!, values!, { scale, bias });
      });
      return tf.concat(results, 1);
    });
  }

  #valueOf(tensor: Tensor, values: Run['values']): TfTensor {
    const value = values.get(tensor) ?? this.#lasting.get(tensor);
    if (!value) throw new Error(`"${tensor.op.name}" is used before it is computed`);
    return value;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
