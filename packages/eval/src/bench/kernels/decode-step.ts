// What a decode step costs beyond its attention kernels and linear layers, and whether that grows with the KV cache's capacity.
import { type Backend, InterruptedError, referenceBackend, type WeightSource } from '@maria/core';
import { tensorsOf } from '../architecture-tensors.js';
import { inTurns } from '../in-turns.js';
import { Scratch } from '../scratch.js';
import { summarizeTimes, type Timing, type TimingOptions } from '../timing.js';
import { type Check, check } from './compare.js';
import {
  architectureOf,
  attentionStep,
  type DecodeStepSizes,
  linearStep,
  modelStep,
  type Workload,
} from './decode-workloads.js';

/** Half as many layers as OLMo-1B, half as wide: 134 million weights. */
export const decodeStepSizes: DecodeStepSizes = {
  layers: 8,
  hiddenSize: 1024,
  heads: 8,
  innerSize: 4096,
  context: 2048,
};

/** Small enough for the reference evaluation. */
const checkedSizes: DecodeStepSizes = { layers: 2, hiddenSize: 64, heads: 4, innerSize: 128, context: 24 };

/** The KV cache is made full by the context, and so many times as large. */
const largerBy = 4;

/** Most that a step may take, as a multiple of the time of its attention kernels and linear layers alone. */
export const mostStepRatio = 1.2;
/** Most that a step may take over the larger KV cache, as a multiple of that over the full one. A copy would take 4. */
export const mostCapacityRatio = 1.2;

const parts = ['step', 'attention', 'linear', 'stepAtLargerCapacity'] as const;
type Parts<T> = Readonly<Record<(typeof parts)[number], T>>;

export interface DecodeStepRecord {
  readonly kernel: 'decode-step';
  readonly sizes: DecodeStepSizes & { readonly capacity: number; readonly largerCapacity: number };
  readonly checks: {
    /** A small model's step against the reference evaluation. */
    readonly reference: Check;
    /** The timed model's step over the larger KV cache against that over the full one. */
    readonly capacity: Check;
  };
  readonly correct: boolean;
  /** Absent where a result is wrong, and so are the ratios. */
  readonly ms?: Parts<Timing>;
  /** step / (attention + linear), each in its median run: fastest runs would favour the short ones on a busy machine. */
  readonly stepRatio?: number;
  /** stepAtLargerCapacity / step, in the same way. */
  readonly capacityRatio?: number;
  /** Whether both ratios are within their limits. */
  readonly within?: boolean;
}

export interface DecodeStepOptions extends TimingOptions {
  readonly backend: Backend;
  /** @default decodeStepSizes */
  readonly sizes?: DecodeStepSizes;
  readonly signal?: AbortSignal;
}

/** @throws InterruptedError */
export async function benchmarkDecodeStep(options: DecodeStepOptions): Promise<DecodeStepRecord> {
  const { backend, sizes = decodeStepSizes, signal } = options;
  const { context } = sizes;
  const scratch = await Scratch.create();
  const workloads: Workload[] = [];
  const interrupt = () => {
    for (const workload of workloads) workload.interrupt();
  };
  signal?.addEventListener('abort', interrupt);
  const make = async (workload: Promise<Workload>) => {
    workloads.push(await workload);
    if (signal?.aborted) throw new InterruptedError();
    return workloads.at(-1)!;
  };
  try {
    const reference = await checkAgainstReference(backend, scratch);
    const tensors = tensorsOf(architectureOf(sizes));
    const weights = await scratch.weights(tensors, deviation);
    const step = await make(modelStep(backend, sizes, weights, context));
    const larger = await make(modelStep(backend, sizes, weights, context * largerBy));
    const capacity = check(await larger.run(), await step.run());
    const record: DecodeStepRecord = {
      kernel: 'decode-step',
      sizes: { ...sizes, capacity: context, largerCapacity: context * largerBy },
      checks: { reference, capacity },
      correct: reference.correct && capacity.correct,
    };
    if (!record.correct) return record;
    const attention = await make(attentionStep(backend, sizes, weights));
    const linear = await make(linearStep(backend, tensors, weights));
    const rounds = await timeRounds({ step, attention, linear, stepAtLargerCapacity: larger }, options);
    return { ...record, ...summarizeRounds(rounds) };
  } finally {
    signal?.removeEventListener('abort', interrupt);
    for (const workload of workloads) workload.dispose();
    await scratch.remove();
  }
}

/** Of weights, as models are initialised. */
const deviation = 0.02;

async function checkAgainstReference(backend: Backend, scratch: Scratch): Promise<Check> {
  const weights: WeightSource = await scratch.weights(tensorsOf(architectureOf(checkedSizes)), deviation);
  const capacity = checkedSizes.context;
  const [actual, expected] = await Promise.all([
    modelStep(backend, checkedSizes, weights, capacity),
    modelStep(inTurns(referenceBackend()), checkedSizes, weights, capacity),
  ]);
  try {
    return check(await actual.run(), await expected.run());
  } finally {
    actual.dispose();
    expected.dispose();
  }
}

/** A step is long, so that few of its runs are undisturbed on a machine that does something else, too. */
const roundsEach = 2;

/** Each round times every part once, so that what else the machine does falls on all of them. */
async function timeRounds(
  workloads: Parts<Workload>,
  { warmUp, repetitions, clock, signal }: DecodeStepOptions,
): Promise<Parts<number>[]> {
  const rounds: Parts<number>[] = [];
  for (let i = -warmUp; i < roundsEach * repetitions; i++) {
    const round = { step: 0, attention: 0, linear: 0, stepAtLargerCapacity: 0 };
    for (const part of parts) {
      if (signal?.aborted) throw new InterruptedError();
      const started = clock();
      await workloads[part].run();
      round[part] = clock() - started;
    }
    if (i >= 0) rounds.push(round);
  }
  return rounds;
}

function summarizeRounds(rounds: readonly Parts<number>[]) {
  const timing = (part: (typeof parts)[number]) => summarizeTimes(rounds.map((round) => round[part]));
  const ms = {
    step: timing('step'),
    attention: timing('attention'),
    linear: timing('linear'),
    stepAtLargerCapacity: timing('stepAtLargerCapacity'),
  };
  const stepRatio = ms.step.median / (ms.attention.median + ms.linear.median);
  const capacityRatio = ms.stepAtLargerCapacity.median / ms.step.median;
  const within = stepRatio <= mostStepRatio && capacityRatio <= mostCapacityRatio;
  return { ms, stepRatio, capacityRatio, within };
}
