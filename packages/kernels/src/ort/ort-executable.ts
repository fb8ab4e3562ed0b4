// A lowered program in an ONNX Runtime session: buffers bound once, state in place, runs away from the main thread.
import {
  DeviceError,
  type DimBindings,
  type Inputs,
  type Outputs,
  resolveShape,
  type VariableMemory,
} from '@maria/core';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import type { CacheUse } from '../run/check-inputs.js';
import { GuardedExecutable } from '../run/guarded-executable.js';
import { type Binding, createBinding } from './binding.js';
import { runFailure } from './failures.js';
import { TensorBuffer } from './memory.js';
import { OrtError } from './ort-error.js';
import { Resources, releaseWhenForgotten } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type SessionOptions } from './session.js';
import { allocateState, type State } from './state-memory.js';
import { BoundVariables } from './variables.js';

/** @throws DataError, DeviceError as createSession does */
export async function createOrtExecutable(
  runtime: OrtRuntime,
  graph: LoweredGraph,
  options: SessionOptions,
  cacheUse?: CacheUse,
  memory: VariableMemory = {},
): Promise<OrtExecutable> {
  const { device = 'cpu' } = options;
  if (graph.variables.length > 0 && device !== 'cpu')
    throw new DeviceError(
      'variables-on-device',
      `Cannot train on ${device}: variables are in the memory of the CPU.`,
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
      const state = allocateState(runtime, session, device, graphState, resources);
      binding.bindInput(past, state.value);
      binding.bindOutput(present, state.value);
      return [name, state] as const;
    });
    // A device gets a copy of an input when it is bound; the CPU reads the memory itself.
    const bindsCopies = device !== 'cpu';
    const variables = new BoundVariables(runtime, graph.variables, binding);
    resources.own(variables, (bound) => bound.dispose());
    const parts = { resources, binding, inputs, outputs, states: new Map(states), variables, bindsCopies };
    return new OrtExecutable(graph, cacheUse, memory, parts);
  } catch (error) {
    resources.dispose();
    throw error;
  }
}

interface Parts {
  readonly resources: Resources;
  readonly binding: Binding;
  readonly inputs: ReadonlyMap<string, TensorBuffer>;
  readonly outputs: ReadonlyMap<string, TensorBuffer>;
  readonly states: ReadonlyMap<string, State>;
  readonly variables: BoundVariables;
  readonly bindsCopies: boolean;
}

export class OrtExecutable extends GuardedExecutable<Outputs> {
  /** The states by their names in the program. */
  readonly states: ReadonlyMap<string, State>;
  readonly #outputs: LoweredGraph['outputs'];
  readonly #parts: Parts;

  /** Keeps of the graph its inputs and outputs only: the serialised model may be large and is not needed again. */
  constructor(
    { inputs, outputs, variables }: LoweredGraph,
    cacheUse: CacheUse | undefined,
    memory: VariableMemory,
    parts: Parts,
  ) {
    super(
      inputs,
      cacheUse,
      [...parts.states.values()].reduce((total, { bytes }) => total + bytes, 0),
      { declared: variables, memory },
    );
    this.#outputs = outputs;
    this.#parts = parts;
    this.states = parts.states;
    releaseWhenForgotten(this, parts.resources);
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    bindings: DimBindings,
  ): Promise<Outputs> {
    try {
      this.#parts.variables.bind(variables);
      const outputs = this.#place(inputs, bindings);
      await this.#parts.binding.run();
      return outputs;
    } catch (error) {
      throw error instanceof OrtError ? runFailure(error) : error;
    }
  }

  protected finish(outputs: Outputs, variables: VariableMemory): Outputs {
    this.#parts.variables.finish(variables);
    return outputs;
  }

  protected override stop(): void {
    this.#parts.binding.terminate();
  }

  protected override resume(): void {
    this.#parts.binding.resume();
  }

  protected release(): void {
    this.#parts.resources.dispose();
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
        this.#outputs.map(({ name, dtype, shape: declared }) => {
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
