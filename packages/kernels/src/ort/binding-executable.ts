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
import type { GraphState, LoweredGraph } from '../onnx/lowered-graph.js';
import type { CacheUse } from '../run/check-inputs.js';
import { GuardedExecutable } from '../run/guarded-executable.js';
import { loadFailure, runFailure } from './failures.js';
import { type HostArray, hostArrays } from './memory.js';
import { spinSettings } from './spinning.js';
import { turnOffTelemetry } from './telemetry.js';

type Binding = typeof import('onnxruntime-node');

/** @throws DataError when the model or its files are damaged or missing; DeviceError when the binding cannot be loaded */
export async function createBindingExecutable(
  { model, externalDataFolder, ...graph }: LoweredGraph,
  { threads }: { threads: number },
  cacheUse?: CacheUse,
  variables: VariableMemory = {},
): Promise<BindingExecutable> {
  for (const { name, shape } of graph.variables) memoryOf(variables, name, shape);
  const binding = await importBinding();
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
    return new BindingExecutable(binding, session, graph, cacheUse, variables);
  } catch (error) {
    throw loadFailure(error, externalDataFolder);
  }
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

type Results = InferenceSession.OnnxValueMapType;

/** `stateBytes` is of the full capacity; what is held at a time is as long as the tokens so far. */
export class BindingExecutable extends GuardedExecutable<Results> {
  readonly #binding: Binding;
  readonly #session: InferenceSession;
  readonly #graph: Omit<LoweredGraph, 'model' | 'externalDataFolder'>;
  readonly #states: Map<string, HeldState>;

  constructor(
    binding: Binding,
    session: InferenceSession,
    graph: Omit<LoweredGraph, 'model' | 'externalDataFolder'>,
    cacheUse: CacheUse | undefined,
    variables: VariableMemory,
  ) {
    super(
      graph.inputs,
      cacheUse,
      graph.states.reduce(
        (bytes, { shape }) => bytes + numberOfElements(shape) * Float32Array.BYTES_PER_ELEMENT,
        0,
      ),
      { declared: graph.variables, memory: variables },
    );
    this.#binding = binding;
    this.#session = session;
    this.#graph = graph;
    this.#states = new Map(graph.states.map((state) => [state.name, new HeldState(state)]));
  }

  protected async execute(
    inputs: Inputs,
    variables: VariableMemory,
    _: DimBindings,
    past: number,
  ): Promise<Results> {
    const { Tensor } = this.#binding;
    const feeds: Record<string, Tensor> = {};
    for (const { name } of this.#graph.inputs) {
      const { dtype, shape, data } = inputs[name]!;
      // A copy: the binding reads it in a later turn of the event loop.
      feeds[name] = new Tensor(dtype, new hostArrays[dtype](data), shape);
    }
    for (const state of this.#graph.states) {
      const { data, shape } = this.#states.get(state.name)!.first(past);
      feeds[state.past] = new Tensor('float32', data, shape);
    }
    for (const { name, shape, input } of this.#graph.variables) {
      if (input !== undefined) feeds[input] = new Tensor('float32', variables[name]!, shape);
    }
    try {
      return await this.#session.run(feeds);
    } catch (error) {
      throw runFailure(error);
    }
  }

  protected finish(results: Results, variables: VariableMemory): Outputs {
    for (const { name, present } of this.#graph.states) this.#states.get(name)!.hold(results[present]!);
    for (const { name, output } of this.#graph.variables) {
      if (output !== undefined) variables[name]!.set(results[output]!.data as Float32Array);
    }
    return Object.fromEntries(
      this.#graph.outputs.map(({ name, dtype }) => [name, fromTensor(results[name]!, dtype)]),
    );
  }

  protected release(): Promise<void> {
    this.#states.clear();
    return this.#session.release();
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
