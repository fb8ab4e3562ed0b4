// A lowered program in an InferenceSession of onnxruntime-node. State goes in as past and comes out as present.
import {
  DeviceError,
  type DimBindings,
  type DType,
  type Inputs,
  memoryOf,
  numberOfElements,
  type Outputs,
  type Value,
  type VariableMemory,
} from '@maria/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { kernelSlotInputs } from '../onnx/kernel-slots.js';
import type { GraphState, LoweredGraph } from '../onnx/lowered-graph.js';
import type { Slot } from '../run/check-inputs.js';
import { GuardedExecutable, type OngoingRun, type SequenceUse } from '../run/guarded-executable.js';
import { loadFailure, runFailure } from './failures.js';
import { type LoweredProgram, sizeFor } from './lowered-program.js';
import { type HostArray, hostArrays } from './memory.js';
import { spinSettings } from './spinning.js';
import { turnOffTelemetry } from './telemetry.js';

type Binding = typeof import('onnxruntime-node');

/** @throws DataError when the model or its files are damaged or missing; DeviceError when the binding cannot be loaded */
export async function createBindingExecutable(
  program: LoweredProgram,
  { threads }: { threads: number },
  variables: VariableMemory = {},
): Promise<BindingExecutable> {
  const binding = await importBinding();
  const create = async (slots: number): Promise<GraphSession> => {
    const { model, externalDataFolder, ...graph } = program.lower(slots);
    for (const { name, shape } of graph.variables) memoryOf(variables, name, shape);
    const folder = externalDataFolder !== undefined && {
      'session.model_external_initializers_file_folder_path': externalDataFolder,
    };
    try {
      const session = await binding.InferenceSession.create(model, {
        intraOpNumThreads: threads,
        logSeverityLevel: 4,
        // As for the C API: patterns pile up where lengths vary.
        enableMemPattern: false,
        extra: { ...spinSettings, ...folder },
      });
      return { session, graph };
    } catch (error) {
      throw loadFailure(error, externalDataFolder);
    }
  };
  const first = program.slotSizes[0]!;
  const sessions = new Map([[first, await create(first)]]);
  const sessionFor = async (sequences: number) => {
    const size = sizeFor(program, sequences);
    const found = sessions.get(size) ?? (await create(size));
    sessions.set(size, found);
    return found;
  };
  return new BindingExecutable(
    binding,
    { sessions, sessionFor },
    { ...program, mostSequences: program.slotSizes.at(-1)! },
    variables,
  );
}

async function importBinding(): Promise<Binding> {
  await turnOffTelemetry();
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError('onnxruntime-unusable', `Cannot load onnxruntime-node: ${detail}`, {
      try: 'npm install',
      cause,
    });
  }
}

interface GraphSession {
  readonly session: InferenceSession;
  readonly graph: Omit<LoweredGraph, 'model' | 'externalDataFolder'>;
}

interface Sessions {
  /** By their numbers of slots. */
  readonly sessions: ReadonlyMap<number, GraphSession>;
  /** With at least so many slots. Makes it when it is first asked for. */
  sessionFor(slots: number): Promise<GraphSession>;
}

interface Results {
  readonly values: InferenceSession.OnnxValueMapType;
  readonly graph: GraphSession['graph'];
  /** The sequence of each slot. */
  readonly reads: readonly (Slot | undefined)[];
}

/** `stateBytes` is of the full capacity; what is held at a time is as long as the tokens so far. */
export class BindingExecutable extends GuardedExecutable<Results> {
  readonly #binding: Binding;
  readonly #sessions: Sessions;
  /** By the name of the state, for each lane. */
  readonly #states: ReadonlyMap<string, HeldState[]>;

  constructor(binding: Binding, sessions: Sessions, use: SequenceUse, variables: VariableMemory) {
    const [{ graph }] = [...sessions.sessions.values()] as [GraphSession];
    super(
      graph.inputs,
      use,
      graph.states.reduce(
        (bytes, { shape, lanes }) => bytes + lanes * numberOfElements(shape) * Float32Array.BYTES_PER_ELEMENT,
        0,
      ),
      { declared: graph.variables, memory: variables },
    );
    this.#binding = binding;
    this.#sessions = sessions;
    this.#states = new Map(
      graph.states.map((state) => [
        state.name,
        Array.from({ length: state.lanes }, () => new HeldState(state)),
      ]),
    );
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    _: DimBindings,
    { slots }: OngoingRun,
  ): Promise<Results> {
    const { session, graph } = await this.#sessions.sessionFor(slots.length);
    const { Tensor } = this.#binding;
    const feeds: Record<string, Tensor> = {};
    const reads = Array.from({ length: graph.slots }, (_, slot) => slots[slot]);
    const ofSlots = graph.slots > 0 ? kernelSlotInputs(reads, graph.states.length > 0) : undefined;
    for (const { name } of [...graph.inputs, ...graph.slotInputs]) {
      const { dtype, shape, data } = ofSlots?.get(name) ?? inputs[name]!;
      // A copy: the binding reads it in a later turn of the event loop.
      feeds[name] = new Tensor(dtype, new hostArrays[dtype](data), shape);
    }
    for (const state of graph.states)
      state.slots.forEach(({ past }, slot) => {
        const read = reads[slot];
        const held = read ? this.#states.get(state.name)![read.lane]! : new HeldState(state);
        const { data, shape } = held.first(read?.past ?? 0);
        feeds[past] = new Tensor('float32', data, shape);
      });
    for (const { name, shape, input } of graph.variables) {
      if (input !== undefined) feeds[input] = new Tensor('float32', variables[name]!, shape);
    }
    try {
      return { values: await session.run(feeds), graph, reads };
    } catch (error) {
      throw runFailure(error);
    }
  }

  protected finish({ values, graph, reads }: Results, variables: VariableMemory): Outputs {
    for (const { name, slots } of graph.states)
      slots.forEach(({ present }, slot) => {
        const read = reads[slot];
        if (read) this.#states.get(name)![read.lane]!.hold(values[present]!);
      });
    for (const { name, output } of graph.variables) {
      if (output !== undefined) variables[name]!.set(values[output]!.data as Float32Array);
    }
    return Object.fromEntries(
      graph.outputs.map(({ name, dtype }) => [name, fromTensor(values[name]!, dtype)]),
    );
  }

  protected copyState(from: number, to: number, length: number): void {
    for (const lanes of this.#states.values()) lanes[to]!.copy(lanes[from]!, length);
  }

  protected async release(): Promise<void> {
    for (const lanes of this.#states.values()) for (const lane of lanes) lane.clear();
    await Promise.all([...this.#sessions.sessions.values()].map(({ session }) => session.release()));
  }
}

function fromTensor({ data, dims }: Tensor, dtype: DType): Value {
  return { dtype, shape: dims, data: data as HostArray };
}

/** A KV cache of exactly the tokens so far, [1, kvHeads, length, headSize]: the binding copies all that it is given. */
class HeldState {
  readonly #heads: number;
  readonly #headSize: number;
  #length = 0;
  #data: Float32Array = new Float32Array(0);

  constructor({ shape }: GraphState) {
    const [, heads, , headSize] = shape as [number, number, number, number];
    this.#heads = heads;
    this.#headSize = headSize;
  }

  hold({ data, dims }: Tensor): void {
    this.#data = data as Float32Array;
    this.#length = dims[2]!;
  }

  /** The first `length` tokens of another, whose array is never written to. */
  copy(other: HeldState, length: number): void {
    this.#data = other.first(length).data;
    this.#length = length;
  }

  clear(): void {
    this.#data = new Float32Array(0);
    this.#length = 0;
  }

  /** The first `length` tokens of each head. */
  first(length: number): { shape: number[]; data: Float32Array } {
    const shape = [1, this.#heads, length, this.#headSize];
    if (length === this.#length) return { shape, data: this.#data };
    const size = length * this.#headSize;
    const data = new Float32Array(this.#heads * size);
    for (let head = 0; head < this.#heads; head++) {
      const start = head * this.#length * this.#headSize;
      data.set(this.#data.subarray(start, start + size), head * size);
    }
    return { shape, data };
  }
}
