// Checks each kernel against the reference evaluation, then times it. A wrong kernel is not timed.
import {
  type Backend,
  compileReference,
  type Executable,
  type Inputs,
  InterruptedError,
  type Outputs,
  ownTurn,
} from '@maria/core';
import { Scratch } from '../scratch.js';
import { summarizeTimes, type Timing, type TimingOptions, timeRuns } from '../timing.js';
import { type Check, check } from './compare.js';
import { type KernelName, kernels } from './index.js';
import type { KernelBenchmark, KernelCase } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

export interface KernelOptions extends TimingOptions {
  readonly backend: Backend;
  readonly kernels: readonly KernelName[];
  readonly models: readonly KernelShape[];
  /** Stops in the middle of a run. */
  readonly signal?: AbortSignal;
}

export interface KernelRecord {
  readonly kernel: string;
  /** The model whose shapes these are. */
  readonly model: string;
  readonly label: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly check: Check;
  /** Absent where the result is wrong, and so is all that follows. */
  readonly ms?: Timing;
  /** Runs that were timed. */
  readonly runs?: number;
  /** Of the bytes that cannot be done without, in the fastest run; 1e9 bytes. */
  readonly gigabytesPerSecond?: number;
  /** In the fastest run. */
  readonly gigaflopsPerSecond?: number;
}

/** @throws InterruptedError */
export async function* benchmarkKernels(options: KernelOptions): AsyncGenerator<KernelRecord> {
  for (const name of options.kernels)
    for (const model of options.models)
      for (const benchmark of kernels[name](model, options.backend.device))
        yield* runBenchmark(benchmark, options);
}

/** One benchmark, its weights in a file that is gone afterwards. */
async function* runBenchmark(
  benchmark: KernelBenchmark,
  options: KernelOptions,
): AsyncGenerator<KernelRecord> {
  const { program, reference, cases } = benchmark;
  const scratch = await Scratch.create();
  try {
    const data = await benchmark.data(scratch);
    await ownTurn();
    const part = reference.data(data);
    const oracle = compileReference(reference.program, part.weights, {}, part.variables);
    const executable = await options.backend.compile(program, data.weights, data.variables);
    try {
      for (const one of cases) yield await runCase(benchmark, one, oracle, executable, options);
    } finally {
      executable.dispose();
    }
  } finally {
    await scratch.remove();
  }
}

async function runCase(
  { kernel, model, reference, tolerance }: KernelBenchmark,
  one: KernelCase,
  oracle: { runSync(inputs: Inputs): Outputs },
  executable: Executable,
  options: KernelOptions,
): Promise<KernelRecord> {
  const { signal } = options;
  const interrupt = () => executable.interrupt();
  const run = async (inputs: Inputs) => {
    if (signal?.aborted) throw new InterruptedError();
    return executable.run(inputs);
  };
  signal?.addEventListener('abort', interrupt);
  try {
    for (const inputs of one.before()) {
      await evaluate(oracle, reference.inputs(inputs), signal);
      await run(inputs);
    }
    const inputs = one.inputs();
    const expected = await evaluate(oracle, reference.inputs(inputs), signal);
    const checked = check((await run(inputs)).result!, expected, { columns: reference.columns, tolerance });
    const record = { kernel, model, label: one.label, sizes: one.sizes, check: checked };
    if (!checked.correct) return record;
    const times = await timeRuns(() => run(inputs), options);
    const ms = summarizeTimes(times);
    // 1e9 a second is 1e6 a millisecond.
    return {
      ...record,
      ms,
      runs: times.length,
      gigabytesPerSecond: one.bytes / ms.min / 1e6,
      gigaflopsPerSecond: one.flops / ms.min / 1e6,
    };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

/** The results of the pieces, one after the other, with a turn of the event loop after each. */
async function evaluate(
  oracle: { runSync(inputs: Inputs): Outputs },
  pieces: Iterable<Inputs>,
  signal: AbortSignal | undefined,
): Promise<{ readonly data: Float32Array }> {
  const results: Float32Array[] = [];
  for (const inputs of pieces) {
    results.push(Float32Array.from(oracle.runSync(inputs).result!.data));
    await ownTurn();
    if (signal?.aborted) throw new InterruptedError();
  }
  const data = new Float32Array(results.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const result of results) {
    data.set(result, at);
    at += result.length;
  }
  return { data };
}
