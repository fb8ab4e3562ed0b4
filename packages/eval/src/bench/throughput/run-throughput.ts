// Tokens a second over the length of a sequence, for each way of filling its gaps (MARIA, arXiv 2502.06901, figure 3).
import type { Quantization } from '@maria/checkpoints';
import {
  checkSequence,
  type SystemName as Decoding,
  InterruptedError,
  infill,
  type MariaModel,
} from '@maria/core';
import { type Clock, summarizeTimes, type Timing } from '../timing.js';
import { type MaskedSequence, maskedSequence } from './masked-sequence.js';
import { type TimedModel, timedModel } from './timed-model.js';

/** By the names of the records, which are those of the paper's figure. */
const systems = { maria: 'maria', 'mlm-autoregressive': 'mlm', ar: 'ar' } satisfies Record<string, Decoding>;
export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as SystemName[];

/** The pair in one of the quantisations that are compared. */
export interface LoadedForm {
  readonly quantize: Quantization;
  readonly model: MariaModel;
  /** Milliseconds that loading it took. */
  readonly loadMs: number;
}

export interface ThroughputOptions {
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
  /** How the large matrices are held. */
  readonly quantize: Quantization;
  readonly length: number;
  readonly maskRate: number;
  readonly seed: number;
  readonly repetitions: number;
  /** Masked tokens, and how many of them the shortest run filled before its time was over. */
  readonly gaps: number;
  readonly filled: number;
  /** Filled tokens a second, in the median run. */
  readonly tokensPerSecond: number;
  /** That over the first form's with the same system and length; the first form has none. */
  readonly speedup?: number;
  readonly msPerGap: Timing;
  /** From one filled gap to the next, over all runs: for `maria` an AR pass, its half of the head, and the choice. */
  readonly stepMs: Timing;
  /** Of the median run, as `time`. */
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Bytes: the process's largest resident set so far, mapped weights and all forms included, and the KV cache of this one. */
  readonly memory: { readonly peakRss: number; readonly kvCache: number };
  /** Milliseconds. `load` was once for all records of the form; the others are a run's, and together all of it. */
  readonly time: Readonly<Record<'load' | 'mlm' | 'ar' | 'head' | 'sampling' | 'copies', number>>;
}

/** Gaps of a warm-up run: enough to have used every part of the model. */
const warmUpGaps = 4;

/** A form of the pair with what measures it. */
interface TimedForm extends LoadedForm {
  readonly timed: TimedModel;
}

/**
 * For each length, the records of the systems; those of a system in the order of the forms.
 * @param forms one pair in one quantisation or more
 * @throws UsageError when a length does not fit the model; InterruptedError
 */
export async function* benchmarkThroughput(
  forms: readonly [LoadedForm, ...LoadedForm[]],
  options: ThroughputOptions,
): AsyncGenerator<ThroughputRecord> {
  const { maskRate, seed, lengths, clock } = options;
  const [{ model }] = forms;
  const sequences = lengths.map((length) => maskedSequence(model, { length, maskRate, seed }));
  for (const { ids, positions } of sequences) checkSequence(model, ids, positions);
  const timedForms = forms.map((form) => ({ ...form, timed: timedModel(form.model, clock) }));
  for (const [i, length] of lengths.entries()) yield* runLength(timedForms, length, sequences[i]!, options);
}

/** Systems and forms take turns, so that what else the machine does falls on all of them. */
async function* runLength(
  forms: readonly TimedForm[],
  length: number,
  sequence: MaskedSequence,
  options: ThroughputOptions,
): AsyncGenerator<ThroughputRecord> {
  const { clock, timeLimit, warmUp, repetitions, systems } = options;
  const entrants = systems.flatMap((system) => forms.map((form) => ({ system, form, runs: [] as Run[] })));
  for (const { system, form } of entrants)
    for (let i = 0; i < warmUp; i++)
      await runOnce(form.timed, system, sequence, options, (filled) => filled >= warmUpGaps);
  for (let i = 0; i < repetitions; i++) {
    for (const { system, form, runs } of entrants) {
      const end = clock() + timeLimit;
      runs.push(await runOnce(form.timed, system, sequence, options, () => clock() >= end));
    }
  }
  const first = new Map<SystemName, ThroughputRecord>();
  for (const { system, form, runs } of entrants) {
    const record = summarize(system, length, sequence.positions.length, runs, form, options);
    const base = first.get(system);
    if (!base) first.set(system, record);
    yield base ? { ...record, speedup: record.tokensPerSecond / base.tokensPerSecond } : record;
  }
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
    let filled = 0;
    let copies = 0;
    const events = infill(timed.model, sequence.ids, { system: systems[name], ...(signal && { signal }) });
    for await (const event of events) {
      // Until then, all that is done outside of the models is to keep the hidden states of the gaps.
      if (event.type === 'mlm-encoded') copies = clock() - started - modelTime();
      if (event.type === 'gap-filled' && stamped(++filled)) break;
    }
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
  { quantize, model, loadMs }: LoadedForm,
  { maskRate, seed, repetitions }: ThroughputOptions,
): ThroughputRecord {
  const sorted = [...runs].sort((a, b) => a.msPerGap - b.msPerGap);
  const middle = sorted[(sorted.length - 1) >> 1]!;
  const msPerGap = summarizeTimes(runs.map((run) => run.msPerGap));
  return {
    system,
    quantize,
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
