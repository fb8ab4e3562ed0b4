// A lowered program in ONNX Runtime: state in place, runs away from the main thread, and a session for each number of slots.
import {
  type DimBindings,
  type Inputs,
  type Outputs,
  ownTurn,
  type StateStorage,
  type VariableMemory,
} from '@maria/core';
import { type Device, theCpu } from '../device.js';
import type { LoweredGraph } from '../onnx/lowered-graph.js';
import type { Slot } from '../run/check-inputs.js';
import { GuardedExecutable, type OngoingRun, type SequenceUse } from '../run/guarded-executable.js';
import { BoundSession } from './bound-session.js';
import { createDeviceCopy, type DeviceCopy } from './device-copy.js';
import { loadFailure, runFailure } from './failures.js';
import { HeldTensors } from './held-tensors.js';
import { type LoweredProgram, sizeFor } from './lowered-program.js';
import { OrtError } from './ort-error.js';
import { Resources, releaseWhenForgotten } from './resources.js';
import type { OrtRuntime } from './runtime.js';
import { createSession, type SessionOptions } from './session.js';
import { allocateState, type State } from './state-memory.js';
import { inTurn } from './turns.js';

/** Of a program that reads several sequences, on the CPU: a run waits for nothing that another one computes. */
const runsOfSequences = 2;
/** Each takes a thread of Node's pool, which has four by default. */
const mostRunsOfVariables = 4;

/** @param held the variables that the device holds @throws DataError, DeviceError as createSession does */
export function createOrtExecutable(
  runtime: OrtRuntime,
  program: LoweredProgram,
  options: SessionOptions,
  memory: VariableMemory = {},
  held = new HeldTensors(),
): Promise<OrtExecutable> {
  return inTurn(options.device ?? theCpu, () => create(runtime, program, options, memory, held));
}

async function create(
  runtime: OrtRuntime,
  program: LoweredProgram,
  options: SessionOptions,
  memory: VariableMemory,
  held: HeldTensors,
): Promise<OrtExecutable> {
  const { device = theCpu } = options;
  const onCpu = device.kind === 'cpu';
  const slots = program.slotSizes[0]!;
  await ownTurn();
  const graph = program.lower(slots);
  const resources = new Resources('the executable');
  const open = async ({ model, externalDataFolder, ...graph }: LoweredGraph) => {
    const session = await createSession(runtime, model, {
      ...options,
      ...(externalDataFolder !== undefined && { externalDataFolder }),
    });
    return { session: resources.own(session, ({ dispose }) => dispose()), graph };
  };
  try {
    const first = await open(graph);
    const states = new Map<string, State>();
    const copies = new Map<StateStorage, DeviceCopy>();
    for (const state of graph.states) {
      await ownTurn();
      const copy =
        copies.get(state.dtype) ??
        (onCpu
          ? undefined
          : await createDeviceCopy(
              runtime,
              { dtype: state.dtype, rank: state.shape.length },
              options,
              resources,
            ));
      if (copy) copies.set(state.dtype, copy);
      // Memory of the first session's device, which the later ones compute on too.
      const on = copy && { device, session: first.session, copy: copy.copy };
      states.set(state.name, await allocateState(runtime, state, on, resources));
    }
    const sessions = new Map([[slots, Promise.resolve(first)]]);
    const bind = async (size: number) => {
      const opened = sessions.get(size) ?? ownTurn().then(() => open(program.lower(size)));
      sessions.set(size, opened);
      opened.catch(() => sessions.delete(size));
      const { session, graph } = await opened;
      const ofDevice = onCpu ? undefined : held;
      return new BoundSession(runtime, session, graph, states, device, ofDevice, resources);
    };
    /** Those that no run uses, by their numbers of slots. */
    const free = new Map([[slots, [await bind(slots)]]]);
    const withSession: Parts['withSession'] = async (slots, use) => {
      const size = sizeFor(program, slots.length);
      const waiting = free.get(size) ?? [];
      free.set(size, waiting);
      // To bind a slot to another lane takes as long as what it computes.
      const [best] = waiting.toSorted((a, b) => b.known(slots) - a.known(slots));
      if (best) waiting.splice(waiting.indexOf(best), 1);
      const bound = best ?? (await bind(size));
      try {
        return await use(bound);
      } finally {
        waiting.push(bound);
      }
    };
    const use = {
      ...program,
      mostSequences: program.slotSizes.at(-1)!,
      runsAtOnce: onCpu ? runsAtOnce(program, graph, options) : 1,
    };
    return new OrtExecutable(graph, use, memory, { device, resources, states, withSession });
  } catch (error) {
    resources.dispose();
    throw error instanceof OrtError ? loadFailure(error, undefined) : error;
  }
}

/** On the CPU. */
function runsAtOnce(
  { cacheUse, packedUse }: LoweredProgram,
  { variables }: LoweredGraph,
  { threads }: SessionOptions,
): number {
  if (cacheUse || packedUse) return runsOfSequences;
  return variables.length > 0 ? Math.min(threads, mostRunsOfVariables) : 1;
}

interface Parts {
  readonly device: Device;
  readonly resources: Resources;
  readonly states: ReadonlyMap<string, State>;
  /** With one that has a slot for each of these sequences, and that no other run uses. Makes it when it is first asked for. */
  withSession<T>(slots: readonly Slot[], use: (session: BoundSession) => Promise<T>): Promise<T>;
}

export class OrtExecutable extends GuardedExecutable<Outputs> {
  /** The states by their names in the program. */
  readonly states: ReadonlyMap<string, State>;
  readonly #parts: Parts;
  /** Of the runs in progress. */
  readonly #sessions = new Map<OngoingRun, BoundSession>();
  readonly #release: () => Promise<void>;

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
    const { device, resources } = parts;
    this.#release = () => inTurn(device, () => resources.dispose());
    releaseWhenForgotten(this, this.#release);
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    bindings: DimBindings,
    run: OngoingRun,
  ): Promise<Outputs> {
    const { device, withSession } = this.#parts;
    const compute = async (session: BoundSession): Promise<Outputs> => {
      try {
        const outputs = session.place(inputs, variables, bindings, run.slots);
        this.#sessions.set(run, session);
        // Stopped before there was anything to stop.
        if (run.interrupted) this.stop(run);
        await session.binding.run();
        // Before the next turn, which may read what the variables are, and before another run may write there.
        if (!run.interrupted) session.variables.finish();
        return this.runsAtOnce > 1 ? copied(outputs) : outputs;
      } catch (error) {
        throw error instanceof OrtError ? runFailure(error) : error;
      } finally {
        if (run.interrupted) session.binding.resume();
        this.#sessions.delete(run);
      }
    };
    return inTurn(device, () => withSession(run.slots, compute));
  }

  protected finish(outputs: Outputs): Outputs {
    return outputs;
  }

  protected copyState(from: number, to: number, length: number): Promise<void> {
    return inTurn(this.#parts.device, async () => {
      for (const state of this.states.values()) {
        // On the CPU all of it is done before anything else runs.
        const copied = state.copy(from, to, length);
        if (copied) await copied;
      }
    });
  }

  protected override stop(run: OngoingRun): void {
    this.#sessions.get(run)?.binding.terminate();
  }

  protected release(): Promise<void> {
    return this.#release();
  }
}

function copied(outputs: Outputs): Outputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, { ...value, data: value.data.slice() }]),
  );
}
