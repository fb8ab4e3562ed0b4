// A lowered program in an ONNX Runtime session: buffers bound once, state in place, runs away from the main thread.
import {
  DeviceError,
  type DimBindings,
  type Executable,
  type Inputs,
  InterruptedError,
  type Outputs,
  resolveShape,
  type VariableMemory,
} from '@maria/core';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import { bindInputs, CacheLength, type CacheUse } from '../run/check-inputs.js';
import { type Binding, createBinding } from './binding.js';
import { runFailure } from './failures.js';
import { TensorBuffer } from './memory.js';
import { OrtError } from './ort-error.js';
import { Resources, releaseWhenForgotten } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type SessionOptions } from './session.js';
import { allocateState, type State } from './state-memory.js';
import { type BoundVariables, bindVariables } from './variables.js';

/** @throws DataError, DeviceError as createSession does */
export async function createOrtExecutable(
  runtime: OrtRuntime,
  graph: LoweredGraph,
  options: SessionOptions,
  cacheUse?: CacheUse,
  memory: VariableMemory = {},
): Promise<OrtExecutable> {
  if (graph.variables.length > 0 && options.device !== undefined && options.device !== 'cpu')
    throw new DeviceError(
      'variables-on-device',
      `Cannot train on ${options.device}: variables are in the memory of the CPU.`,
      {
        try: 'Train on the CPU.',
      },
    );
  const resources = new Resources('the executable');
  try {
    const session = await createSession(runtime, graph.model, {
      ...options,
      ...(graph.externalDataFolder !== undefined && { externalDataFolder: graph.externalDataFolder }),
    });
    resources.own(session, ({ dispose }) => dispose());
    const binding = createBinding(runtime, session);
    resources.own(binding, ({ dispose }) => dispose());
    const buffer = ({ name, dtype }: LoweredGraph['inputs'][number]) =>
      [name, resources.own(new TensorBuffer(runtime, dtype), (tensor) => tensor.dispose())] as const;
    const inputs = new Map(graph.inputs.map(buffer));
    const outputs = new Map(graph.outputs.map(buffer));
    const states = graph.states.map((graphState) => {
      const { name, past, present } = graphState;
      // Read as past and written as present: attention appends to it in place, nothing is copied.
      const state = allocateState(runtime, session, options.device ?? 'cpu', graphState, resources);
      binding.bindInput(past, state.value);
      binding.bindOutput(present, state.value);
      return [name, state] as const;
    });
    // A device gets a copy of an input when it is bound; the CPU reads the memory itself.
    const bindsCopies = options.device !== undefined && options.device !== 'cpu';
    const variables = bindVariables(runtime, graph.variables, memory, binding, resources);
    const parts = { resources, binding, inputs, outputs, states: new Map(states), variables, bindsCopies };
    return new OrtExecutable(graph, cacheUse, parts);
  } catch (error) {
    resources.dispose();
    throw error;
  }
}

type GraphSignature = Pick<LoweredGraph, 'inputs' | 'outputs'>;

interface Parts {
  readonly resources: Resources;
  readonly binding: Binding;
  readonly inputs: ReadonlyMap<string, TensorBuffer>;
  readonly outputs: ReadonlyMap<string, TensorBuffer>;
  readonly states: ReadonlyMap<string, State>;
  readonly variables: BoundVariables;
  readonly bindsCopies: boolean;
}

export class OrtExecutable implements Executable {
  /** The states by their names in the program. */
  readonly states: ReadonlyMap<string, State>;
  readonly stateBytes: number;
  readonly #graph: GraphSignature;
  readonly #cache: CacheLength | undefined;
  readonly #parts: Parts;
  #running = false;
  #interrupted = false;
  #disposed = false;

  constructor({ inputs, outputs }: GraphSignature, cacheUse: CacheUse | undefined, parts: Parts) {
    // Not the graph itself: it holds the serialised model, which may be large and is not needed again.
    this.#graph = { inputs, outputs };
    this.#cache = cacheUse && new CacheLength(cacheUse);
    this.#parts = parts;
    this.states = parts.states;
    this.stateBytes = [...parts.states.values()].reduce((total, { bytes }) => total + bytes, 0);
    releaseWhenForgotten(this, parts.resources);
  }

  async run(inputs: Inputs): Promise<Outputs> {
    if (this.#disposed) throw new Error('Cannot run the program: its executable has been disposed of.');
    if (this.#running)
      throw new Error('Cannot run the program: a run of the same executable is in progress.');
    this.#running = true;
    this.#interrupted = false;
    try {
      const bindings = bindInputs(this.#graph.inputs, inputs);
      const cached = this.#cache?.check(inputs, bindings);
      const outputs = this.#place(inputs, bindings);
      // A run that breaks off may have written behind the tokens that were there.
      if (cached) this.#cache?.hold(cached.past);
      await this.#parts.binding.run();
      if (this.#interrupted) throw new InterruptedError();
      if (cached) this.#cache?.hold(cached.total);
      this.#parts.variables.finish();
      return outputs;
    } catch (error) {
      if (this.#interrupted) throw new InterruptedError();
      throw error instanceof OrtError ? runFailure(error) : error;
    } finally {
      this.#running = false;
      if (this.#interrupted) this.#parts.binding.resume();
      if (this.#disposed) this.#parts.resources.dispose();
    }
  }

  interrupt(): void {
    if (!this.#running || this.#interrupted) return;
    this.#interrupted = true;
    this.#parts.binding.terminate();
  }

  /** A run in progress is interrupted first, and everything is released when it has stopped. */
  dispose(): void {
    this.#disposed = true;
    if (this.#running) this.interrupt();
    else this.#parts.resources.dispose();
  }

  /** Copies the inputs into their buffers, gives the outputs' buffers their shapes, and binds what is new. */
  #place(inputs: Inputs, bindings: DimBindings): Outputs {
    const { binding, bindsCopies, inputs: inputBuffers, outputs: outputBuffers } = this.#parts;
    try {
      for (const [name, buffer] of inputBuffers) {
        const { shape, data } = inputs[name]!;
        const isNew = buffer.reshape(shape);
        buffer.data.set(data);
        if (isNew || bindsCopies) binding.bindInput(name, buffer.value);
      }
      return Object.fromEntries(
        this.#graph.outputs.map(({ name, dtype, shape: declared }) => {
          const buffer = outputBuffers.get(name)!;
          const shape = resolveShape(declared, bindings);
          if (buffer.reshape(shape)) binding.bindOutput(name, buffer.value);
          return [name, { dtype, shape, data: buffer.data }];
        }),
      );
    } catch (error) {
      // Out of memory half way: what is bound is no longer what the buffers hold. The next run binds all of it again.
      for (const buffer of [...inputBuffers.values(), ...outputBuffers.values()]) buffer.dispose();
      throw error;
    }
  }
}
