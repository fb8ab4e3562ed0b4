// Tokens a second over the length of a sequence, for each way of filling its gaps (MARIA, arXiv 2502.06901, figure 3).
import { checkSequence, InterruptedError, type MariaModel } from '@maria/core';
import { type Clock, summarizeTimes, type Timing } from '../timing.js';
import { ar } from './ar.js';
import { maria } from './maria.js';
import { type MaskedSequence, maskedSequence } from './masked-sequence.js';
import { mlmAutoregressive } from './mlm-autoregressive.js';
import type { System } from './system.js';
import { type TimedModel, timedModel } from './timed-model.js';

const systems = { maria, 'mlm-autoregressive': mlmAutoregressive, ar } satisfies Record<string, System>;
export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as SystemName[];

export interface ThroughputOptions {
  /** Milliseconds that loading the model took. */
  readonly loadMs: number;
  readonly systems: readonly SystemName[];
  /** Tokens that the MLM reads, those of its template among them. */
  readonly lengths: readonly number[];
  readonly maskRate: number;
  readonly repetitions: number;
  /** Runs of the first gaps only, before those that count. */
  readonly warmUp: number;
  /** Decides the tokens, and which are masked. */
  readonly seed: number;
  /** A run ends with the first gap after so many milliseconds. */
  readonly timeLimit: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export interface ThroughputRecord {
  readonly system: SystemName;
  readonly length: number;
  readonly maskRate: number;
  readonly seed: number;
  readonly repetitions: number;
  /** Masked tokens, and how many of them the shortest run filled before its time was over. */
  readonly gaps: number;
  readonly filled: number;
  /** Filled tokens a second, in the median run. */
  readonly tokensPerSecond: number;
  readonly msPerGap: Timing;
  /** From one filled gap to the next, over all runs: for `maria` an AR pass, its half of the head, and the choice. */
  readonly stepMs: Timing;
  /** Of the median run, as `time`. */
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Bytes: the process's largest resident set so far, mapped weights included, and the KV cache. */
  readonly memory: { readonly peakRss: number; readonly kvCache: number };
  /** Milliseconds. `load` was once for all records; the others are a run's, and together all of it. */
  readonly time: Readonly<Record<'load' | 'mlm' | 'ar' | 'head' | 'sampling' | 'copies', number>>;
}

/** Gaps of a warm-up run: enough to have used every part of the model. */
const warmUpGaps = 4;

/** @throws UsageError when a length does not fit the model; InterruptedError */
export async function* benchmarkThroughput(
  model: MariaModel,
  options: ThroughputOptions,
): AsyncGenerator<ThroughputRecord> {
  const { maskRate, seed, lengths } = options;
  const sequences = lengths.map((length) => maskedSequence(model, { length, maskRate, seed }));
  for (const { ids, positions } of sequences) checkSequence(model, ids, positions);
  const timed = timedModel(model, options.clock);
  for (const [i, length] of lengths.entries()) yield* runLength(timed, length, sequences[i]!, options);
}

/** The systems take turns, so that what else the machine does falls on all of them. */
async function* runLength(
  timed: TimedModel,
  length: number,
  sequence: MaskedSequence,
  options: ThroughputOptions,
): AsyncGenerator<ThroughputRecord> {
  const { clock, timeLimit, warmUp, repetitions } = options;
  for (const name of options.systems)
    for (let i = 0; i < warmUp; i++)
      await runOnce(timed, name, sequence, options, (filled) => filled >= warmUpGaps);
  const runs = new Map<SystemName, Run[]>(options.systems.map((name) => [name, []]));
  for (let i = 0; i < repetitions; i++) {
    for (const name of options.systems) {
      const end = clock() + timeLimit;
      runs.get(name)!.push(await runOnce(timed, name, sequence, options, () => clock() >= end));
    }
  }
  for (const [system, ofSystem] of runs)
    yield summarize(system, length, sequence.positions.length, ofSystem, timed.model, options);
}

interface Run {
  readonly filled: number;
  readonly msPerGap: number;
  /** From one filled gap to the next. */
  readonly steps: readonly number[];
  readonly passes: ThroughputRecord['passes'];
  readonly time: Omit<ThroughputRecord['time'], 'load'>;
}

async function runOnce(
  timed: TimedModel,
  name: SystemName,
  sequence: MaskedSequence,
  { clock, signal }: ThroughputOptions,
  enough: (filled: number) => boolean,
): Promise<Run> {
  if (signal?.aborted) throw new InterruptedError();
  const modelTime = () => Object.values(timed.times).reduce((total, ms) => total + ms, 0);
  const interrupt = () => timed.model.interrupt();
  signal?.addEventListener('abort', interrupt);
  timed.reset();
  try {
    const started = clock();
    const stamps = [started];
    const stamped = (filled: number) => {
      stamps.push(clock());
      return enough(filled);
    };
    const run = { model: timed.model, sequence, enough: stamped, clock, modelTime, signal };
    const { filled, copies } = await systems[name](run);
    const total = clock() - started;
    const steps = stamps.slice(1).map((stamp, i) => stamp - stamps[i]!);
    return {
      filled,
      msPerGap: total / filled,
      // The first gap waits for the MLM, or for all that is before it.
      steps: steps.length > 1 ? steps.slice(1) : steps,
      passes: { ...timed.passes },
      time: { ...timed.times, sampling: total - modelTime() - copies, copies },
    };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

function summarize(
  system: SystemName,
  length: number,
  gaps: number,
  runs: readonly Run[],
  model: MariaModel,
  { maskRate, seed, repetitions, loadMs }: ThroughputOptions,
): ThroughputRecord {
  const sorted = [...runs].sort((a, b) => a.msPerGap - b.msPerGap);
  const middle = sorted[(sorted.length - 1) >> 1]!;
  const msPerGap = summarizeTimes(runs.map((run) => run.msPerGap));
  return {
    system,
    length,
    maskRate,
    seed,
    repetitions,
    gaps,
    filled: Math.min(...runs.map(({ filled }) => filled)),
    tokensPerSecond: 1000 / msPerGap.median,
    msPerGap,
    stepMs: summarizeTimes(runs.flatMap(({ steps }) => steps)),
    passes: middle.passes,
    memory: { peakRss: process.resourceUsage().maxRSS * 1024, kvCache: model.ar.cacheBytes },
    time: { load: loadMs, ...middle.time },
  };
}
