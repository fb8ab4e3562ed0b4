// A program that runs eagerly on TensorFlow.js: node by node, each value freed after its last use.
import {
  type DimBindings,
  formatShape,
  type Inputs,
  InterruptedError,
  int8Factor,
  isOp,
  memoryOf,
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
import { cacheUseOf } from '../run/check-inputs.js';
import { GuardedExecutable } from '../run/guarded-executable.js';
import { runFailure } from './failure.js';
import { kernels } from './kernels.js';
import type { Tfjs, TfTensor } from './library.js';
import { cachedAttention, type KeysAndValues } from './ops/cached-attention.js';
import { roundRows } from './ops/int8-input.js';
import { type Plan, planOf } from './plan.js';
import { download, upload } from './transfer.js';
import type { HeldWeight, WeightTensors } from './weight-tensors.js';

/** The tensors of one run. */
interface Run {
  readonly bindings: DimBindings;
  /** Tokens in the KV cache before the run. */
  readonly past: number;
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
  readonly #variables: VariableMemory;
  /** Weights and constants. */
  readonly #lasting = new Map<Tensor, TfTensor>();
  readonly #weights: HeldWeight[] = [];
  readonly #constants: TfTensor[] = [];
  /** Products with int8 matrices, which are on the device as floats. */
  readonly #int8: ReadonlySet<Tensor>;
  /** By the node that extends them. */
  readonly #keysAndValues = new Map<Tensor, KeysAndValues>();

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
      cacheUseOf(program),
      [...program.states.values()].reduce(
        (bytes, { shape }) =>
          bytes + numberOfElements(resolveShape(shape, {})) * Float32Array.BYTES_PER_ELEMENT,
        0,
      ),
    );
    this.#tf = tf;
    this.#program = program;
    this.#plan = planOf(program);
    this.#variables = variables;
    this.#int8 = new Set(program.nodes.filter((node) => int8Factor(node, source)));
    for (const [name, { shape }] of program.variables) memoryOf(variables, name, resolveShape(shape, {}));
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

  protected async execute(inputs: Inputs, bindings: DimBindings, past: number): Promise<Results> {
    const values = new Map<Tensor, TfTensor>();
    try {
      this.#upload(inputs, values);
      await this.#compute({ bindings, past, values });
      const outputs = await this.#download(this.#program.outputs, values);
      const updates = await this.#download(this.#program.updates, values);
      return { outputs, updates };
    } finally {
      for (const tensor of values.values()) tensor.dispose();
    }
  }

  protected finish({ outputs, updates }: Results): Outputs {
    for (const [name, { data }] of Object.entries(updates)) this.#variables[name]!.set(data);
    return outputs;
  }

  protected release(): void {
    for (const weight of this.#weights) weight.release();
    for (const { keys, values } of this.#keysAndValues.values()) this.#tf.dispose([keys, values]);
    this.#tf.dispose(this.#constants);
  }

  #upload(inputs: Inputs, values: Map<Tensor, TfTensor>): void {
    for (const [name, tensor] of this.#program.inputs) values.set(tensor, upload(this.#tf, inputs[name]!));
    for (const [name, tensor] of this.#plan.variablesRead) {
      const shape = resolveShape(tensor.shape, {});
      values.set(tensor, upload(this.#tf, { dtype: 'float32', shape, data: this.#variables[name]! }));
    }
  }

  async #download(tensors: ReadonlyMap<string, Tensor>, values: Run['values']): Promise<Outputs> {
    const downloaded = [...tensors].map(async ([name, tensor]) => {
      return [name, await download(this.#valueOf(tensor, values), tensor.dtype)] as const;
    });
    return Object.fromEntries(await Promise.all(downloaded));
  }

  async #compute(run: Run): Promise<void> {
    const { values } = run;
    for (const { node, expired } of this.#plan.steps) {
      // The event loop turns between nodes, so that an interrupt is heard.
      await nextTurn();
      if (this.interrupted) throw new InterruptedError();
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

  #computeNode(node: Tensor, { bindings, past, values }: Run): TfTensor {
    const tf = this.#tf;
    const shape = resolveShape(node.shape, bindings);
    // There is nothing to compute, and not every function of the library takes shapes without elements.
    if (shape.includes(0)) return tf.zeros(shape, node.dtype);
    if (isOp(node, ops.cachedAttentionOp)) return this.#extendCache(node, past, values);
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

  #extendCache(node: Tensor<ops.CachedAttentionAttributes>, past: number, values: Run['values']): TfTensor {
    const [q, k, v] = node.inputs as readonly [Tensor, Tensor, Tensor];
    const before = this.#keysAndValues.get(node);
    const { result, ...extended } = this.#tf.tidy(() =>
      cachedAttention(
        this.#tf,
        [this.#valueOf(q, values), this.#valueOf(k, values), this.#valueOf(v, values)],
        before,
        past,
        node.attributes,
      ),
    );
    this.#keysAndValues.set(node, extended);
    if (before) this.#tf.dispose([before.keys, before.values]);
    return result;
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
