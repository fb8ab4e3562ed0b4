// A lowered program in ONNX Runtime: state in place, runs away from the main thread, and a session for each number of slots.
import {
  DeviceError,
  type DimBindings,
  type Inputs,
  type Outputs,
  ownTurn,
  type VariableMemory,
} from '@maria/core';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import type { Slot } from '../run/check-inputs.js';
import { GuardedExecutable, type SequenceUse } from '../run/guarded-executable.js';
import { BoundSession } from './bound-session.js';
import { runFailure } from './failures.js';
import { type LoweredProgram, sizeFor } from './lowered-program.js';
import { OrtError } from './ort-error.js';
import { Resources, releaseWhenForgotten } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type SessionOptions } from './session.js';
import { allocateState, type State } from './state-memory.js';

/** @throws DataError, DeviceError as createSession does */
export async function createOrtExecutable(
  runtime: OrtRuntime,
  program: LoweredProgram,
  options: SessionOptions,
  memory: VariableMemory = {},
): Promise<OrtExecutable> {
  const { device = 'cpu' } = options;
  const slots = program.slotSizes[0]!;
  await ownTurn();
  const graph = program.lower(slots);
  if (graph.variables.length > 0 && device !== 'cpu')
    throw new DeviceError(
      'variables-on-device',
      `Cannot train on ${device}: variables are in the memory of the CPU.`,
      {
        try: 'Train on the CPU.',
      },
    );
  const resources = new Resources('the executable');
  const createBound = async (graph: LoweredGraph, states?: Map<string, State>) => {
    const session = await createSession(runtime, graph.model, {
      ...options,
      ...(graph.externalDataFolder !== undefined && { externalDataFolder: graph.externalDataFolder }),
    });
    resources.own(session, ({ dispose }) => dispose());
    // Memory of the first session's device, which the later ones compute on too.
    const allocated = states ?? new Map<string, State>();
    for (const state of states ? [] : graph.states) {
      await ownTurn();
      allocated.set(state.name, allocateState(runtime, session, device, state, resources));
    }
    // A device gets a copy of an input when it is bound; the CPU reads the memory itself.
    const bound = new BoundSession(runtime, session, graph, allocated, device !== 'cpu', resources);
    return { bound, states: allocated };
  };
  try {
    const { bound, states } = await createBound(graph);
    const sessions = new Map([[slots, bound]]);
    const sessionFor = async (count: number) => {
      const size = sizeFor(program, count);
      const known = sessions.get(size);
      if (known) return known;
      await ownTurn();
      const made = (await createBound(program.lower(size), states)).bound;
      sessions.set(size, made);
      return made;
    };
    const use = { ...program, mostSequences: program.slotSizes.at(-1)! };
    return new OrtExecutable(graph, use, memory, { resources, states, sessionFor });
  } catch (error) {
    resources.dispose();
    throw error;
  }
}

interface Parts {
  readonly resources: Resources;
  readonly states: ReadonlyMap<string, State>;
  /** With at least so many slots. Makes it when it is first asked for. */
  sessionFor(slots: number): Promise<BoundSession>;
}

interface Results {
  readonly outputs: Outputs;
  readonly session: BoundSession;
}

export class OrtExecutable extends GuardedExecutable<Results> {
  /** The states by their names in the program. */
  readonly states: ReadonlyMap<string, State>;
  readonly #parts: Parts;
  /** Of the run in progress. */
  #session: BoundSession | undefined;

  /** Keeps of the graph its inputs and variables only: the serialised model may be large and is not needed again. */
  constructor({ inputs, variables }: LoweredGraph, use: SequenceUse, memory: VariableMemory, parts: Parts) {
    super(
      inputs,
      use,
      [...parts.states.values()].reduce((total, { bytes }) => total + bytes, 0),
      { declared: variables, memory },
    );
    this.#parts = parts;
    this.states = parts.states;
    releaseWhenForgotten(this, parts.resources);
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    bindings: DimBindings,
    slots: readonly Slot[],
  ): Promise<Results> {
    this.#session = undefined;
    const session = await this.#parts.sessionFor(slots.length);
    try {
      const outputs = session.place(inputs, variables, bindings, slots);
      this.#session = session;
      // Stopped before there was anything to stop.
      if (this.interrupted) this.stop();
      await session.binding.run();
      return { outputs, session };
    } catch (error) {
      throw error instanceof OrtError ? runFailure(error) : error;
    }
  }

  protected finish({ outputs, session }: Results, variables: VariableMemory): Outputs {
    session.variables.finish(variables);
    return outputs;
  }

  protected copyState(from: number, to: number, length: number): void {
    for (const state of this.states.values()) state.copy(from, to, length);
  }

  protected override stop(): void {
    this.#session?.binding.terminate();
  }

  protected override resume(): void {
    this.#session?.binding.resume();
  }

  protected release(): void {
    this.#parts.resources.dispose();
  }
}
