// A lowered program in an InferenceSession of onnxruntime-node. State goes in as past and comes out as present.
import {
  DeviceError,
  type DType,
  type Executable,
  type Inputs,
  InterruptedError,
  memoryOf,
  numberOfElements,
  type Outputs,
  type Value,
  type VariableMemory,
} from '@maria/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphState, LoweredGraph } from '../onnx/lowered-graph.js';
import { bindInputs, CacheLength, type CacheUse } from '../run/check-inputs.js';
import { loadFailure, runFailure } from './failures.js';
import { type HostArray, hostArrays } from './memory.js';
import { spinSettings } from './spinning.js';

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

export class BindingExecutable implements Executable {
  /** Of the full capacity; what is held at a time is as long as the tokens so far. */
  readonly stateBytes: number;
  readonly #binding: Binding;
  readonly #session: InferenceSession;
  readonly #graph: Omit<LoweredGraph, 'model' | 'externalDataFolder'>;
  readonly #cache: CacheLength | undefined;
  readonly #states = new Map<string, HeldState>();
  readonly #variables: VariableMemory;
  #running = false;
  #interrupted = false;
  #disposed = false;

  constructor(
    binding: Binding,
    session: InferenceSession,
    graph: Omit<LoweredGraph, 'model' | 'externalDataFolder'>,
    cacheUse: CacheUse | undefined,
    variables: VariableMemory,
  ) {
    this.#variables = variables;
    this.#binding = binding;
    this.#session = session;
    this.#graph = graph;
    this.#cache = cacheUse && new CacheLength(cacheUse);
    for (const state of graph.states) this.#states.set(state.name, new HeldState(state));
    this.stateBytes = graph.states.reduce(
      (bytes, { shape }) => bytes + numberOfElements(shape) * Float32Array.BYTES_PER_ELEMENT,
      0,
    );
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
      const results = await this.#runSession(inputs, cached?.past ?? 0);
      if (this.#interrupted) throw new InterruptedError();
      for (const { name, present } of this.#graph.states) this.#states.get(name)!.hold(results[present]!);
      if (cached) this.#cache?.hold(cached.total);
      for (const { name, output } of this.#graph.variables) {
        if (output !== undefined) this.#variables[name]!.set(results[output]!.data as Float32Array);
      }
      return Object.fromEntries(
        this.#graph.outputs.map(({ name, dtype }) => [name, fromTensor(results[name]!, dtype)]),
      );
    } finally {
      this.#running = false;
      if (this.#disposed) await this.#session.release();
    }
  }

  /** The binding cannot be stopped in the middle: a run that is still waiting, or has just ended, counts as interrupted. */
  interrupt(): void {
    this.#interrupted = this.#running;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#states.clear();
    if (this.#running) this.interrupt();
    else void this.#session.release();
  }

  async #runSession(inputs: Inputs, past: number): Promise<InferenceSession.OnnxValueMapType> {
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
      if (input !== undefined) feeds[input] = new Tensor('float32', this.#variables[name]!, shape);
    }
    try {
      return await this.#session.run(feeds);
    } catch (error) {
      throw this.#interrupted ? new InterruptedError() : runFailure(error);
    }
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
