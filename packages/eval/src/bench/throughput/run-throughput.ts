// Gaps a second over the length of a sequence, for each way of filling them (MARIA, arXiv 2502.06901, figure 3): systems, quantisations, how many
// texts at once, how many drafts ahead.
import type { Quantization } from '@maria/checkpoints';
import { checkSequence, type SystemName as Decoding, type MariaModel, UsageError } from '@maria/core';
import { type Clock, median, summarizeTimes, type Timing } from '../timing.js';
import { type MaskedSequence, maskedSequence, maskedText, templateLength } from './masked-sequence.js';
import { type Run, type RunOptions, runOnce } from './run-once.js';
import { simulatedDrafts } from './simulated-drafts.js';
import { type TimedModel, timedModel } from './timed-model.js';

/** By the names of the records, which are those of the paper's figure. */
const systemOf = { maria: 'maria', 'mlm-autoregressive': 'mlm', ar: 'ar' } satisfies Record<string, Decoding>;
export type SystemName = keyof typeof systemOf;
export const systemNames = Object.keys(systemOf) as SystemName[];

/** The pair in one of the quantisations that are compared. */
export interface LoadedForm {
  readonly quantize: Quantization;
  readonly model: MariaModel;
  /** Milliseconds that loading it took. */
  readonly loadMs: number;
  /** Bytes that it was to take, told before it was loaded. */
  readonly estimated?: number;
}

/** How many gaps ahead are drafted. */
export type Speculate = number | 'auto' | 'off';

/** Texts that are filled at once; auto as `maria infill --batch auto` does it, up to as many as the model has lanes. */
export type Batch = number | 'auto';

export interface ThroughputOptions {
  readonly systems: readonly SystemName[];
  /** Texts that are filled at once; the models need as many lanes as the largest. Of random tokens, as many texts are filled as that. @default [1] */
  readonly batches?: readonly Batch[];
  /** Systems that cannot draft run without. @default ['off'] */
  readonly speculates?: readonly Speculate[];
  /** Probabilities of a draft to be right, simulated; those that the model makes without. */
  readonly acceptances?: readonly number[];
  /** Tokens that the MLM reads, those of its template among them. */
  readonly lengths: readonly number[];
  /** Filled in place of random tokens: then there are no lengths, and each run fills all of them. Those too short for a gap are left out. */
  readonly texts?: readonly string[] | undefined;
  readonly maskRate: number;
  /** Of the choice of a token; 0 takes the most probable one. @default 0 */
  readonly temperature?: number;
  readonly repetitions: number;
  /** Runs of the first gaps only, before those that count. */
  readonly warmUp: number;
  /** Decides the tokens, which are masked, and what is drawn. */
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
  /** Tokens that the MLM reads; of several texts the mean, rounded. */
  readonly length: number;
  /** Texts that each run fills, and how many of them at once. */
  readonly texts: number;
  readonly batch: Batch;
  readonly speculate: Speculate;
  /** Simulated, where drafts are. */
  readonly acceptance?: number;
  readonly maskRate: number;
  readonly temperature: number;
  readonly seed: number;
  readonly repetitions: number;
  /** Masked tokens of all texts, and how many of them the shortest run filled before its time was over. */
  readonly gaps: number;
  readonly filled: number;
  /** Filled gaps a second, in the median run. */
  readonly gapsPerSecond: number;
  /** All tokens of the texts a second, masked or not, as the literature counts them: the gaps a second over their part of the tokens. */
  readonly tokensPerSecond: number;
  /**
   * How many times as fast as the first record with the same system and length, which has none: the median of what each repetition gives, whose
   * runs are near each other in time.
   */
  readonly speedup?: number;
  readonly msPerGap: Timing;
  /** From one filled gap of a text to its next, over all runs: for `maria` without drafts an AR pass, its half of the head, and the choice. */
  readonly stepMs: Timing;
  /** Of the median run, as `time`. */
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Drafts of the median run, and how many were right. */
  readonly drafted: number;
  readonly accepted: number;
  /** Drafts that a text read in one pass with what is sure, in the mean of the median run: what `auto` chose. */
  readonly window: number;
  /** Bytes: the process's largest resident set so far, mapped weights and all forms included; the KV cache of this one with all of its lanes; what it was to take in all. */
  readonly memory: { readonly peakRss: number; readonly kvCache: number; readonly estimated?: number };
  /** Milliseconds. `load` was once for all records of the form; the others are a run's, and together all of it. */
  readonly time: Readonly<Record<'load' | 'mlm' | 'ar' | 'head' | 'sampling' | 'copies', number>>;
}

/** Gaps of a warm-up run: enough to have used every part of the model. */
const warmUpGaps = 4;

/** Texts that are filled in the same runs. */
interface Workload {
  readonly length: number;
  readonly texts: readonly MaskedSequence[];
  /** Whether a smaller batch fills fewer of them. */
  readonly isCut: boolean;
}

/** What takes part: one way to fill. */
interface Entrant {
  readonly system: SystemName;
  readonly form: LoadedForm;
  readonly batch: Batch;
  /** Sequences at once, at most. */
  readonly lanes: number;
  readonly speculate: Speculate;
  readonly acceptance: number | undefined;
  readonly texts: readonly MaskedSequence[];
  /** Its own: what it learns of passes and drafts is nobody else's. */
  readonly timed: TimedModel;
  readonly runs: Run[];
}

/**
 * For each length, the records of the systems; those of a system by form, then batch, then how far ahead is drafted. What is to be
 * filled is checked first; it is measured as records are asked for.
 * @param forms one pair in one quantisation or more, with as many lanes as the largest batch
 * @throws UsageError when a length does not fit the model, or no text has a gap; InterruptedError
 */
export async function benchmarkThroughput(
  forms: readonly [LoadedForm, ...LoadedForm[]],
  options: ThroughputOptions,
): Promise<AsyncGenerator<ThroughputRecord>> {
  const [{ model }] = forms;
  const workloads = await workloadsOf(model, options);
  for (const { texts } of workloads)
    for (const { ids, positions } of texts) checkSequence(model, ids, positions);
  return (async function* () {
    for (const workload of workloads) yield* runWorkload(forms, workload, options);
  })();
}

async function workloadsOf(
  model: MariaModel,
  { lengths, texts, batches, maskRate, seed }: ThroughputOptions,
): Promise<Workload[]> {
  if (texts) {
    const read = texts.map((text, index) => maskedText(model, text, { maskRate, seed, index }));
    const masked = (await Promise.all(read)).filter((sequence) => sequence !== undefined);
    if (masked.length === 0)
      throw new UsageError(
        'no-gap',
        `Cannot measure: none of ${texts.length} texts has a gap at mask rate ${maskRate}.`,
        { try: 'Give a larger mask rate, or longer texts.' },
      );
    const length = tokensOf(masked) / masked.length + templateLength(model);
    return [{ length: Math.round(length), texts: masked, isCut: false }];
  }
  const most = mostLanes(model, batches);
  return lengths.map((length) => ({
    length,
    texts: Array.from({ length: most }, (_, index) =>
      maskedSequence(model, { length, maskRate, seed, index }),
    ),
    isCut: true,
  }));
}

/** All take turns, so that what else the machine does falls on all of them; every second time in the other order. */
async function* runWorkload(
  forms: readonly LoadedForm[],
  workload: Workload,
  options: ThroughputOptions,
): AsyncGenerator<ThroughputRecord> {
  const { clock, timeLimit, warmUp, repetitions, systems, signal } = options;
  const entrants = systems.flatMap((system) =>
    forms.flatMap((form) => entrantsOf(system, form, workload, options)),
  );
  const exact = new Map<LoadedForm, Run['chosen']>();
  const run = (entrant: Entrant, enough: RunOptions['enough']) => {
    const { system, form, lanes, speculate, acceptance, timed, texts } = entrant;
    return runOnce(timed, texts, {
      system: systemOf[system],
      speculate: speculate === 'off' ? 0 : speculate,
      temperature: options.temperature,
      seed: options.seed,
      drafts:
        acceptance === undefined
          ? undefined
          : (index) =>
              simulatedDrafts(form.model, exact.get(form)![index]!, {
                acceptance,
                seed: options.seed,
                index,
              }),
      batch: lanes,
      clock,
      signal,
      enough,
    });
  };
  for (const { form, acceptance } of entrants)
    if (acceptance !== undefined && !exact.has(form))
      exact.set(form, await exactTokens(form, workload, options));
  for (const entrant of entrants)
    for (let i = 0; i < warmUp; i++) await run(entrant, (filled) => filled >= warmUpGaps * entrant.lanes);
  for (let i = 0; i < repetitions; i++) {
    for (const entrant of i % 2 === 0 ? entrants : entrants.toReversed()) {
      const end = clock() + timeLimit;
      entrant.runs.push(await run(entrant, () => clock() >= end));
    }
  }
  const first = new Map<SystemName, Entrant>();
  for (const entrant of entrants) {
    const record = summarize(entrant, workload.length, options);
    const base = first.get(entrant.system);
    if (!base) first.set(entrant.system, entrant);
    yield base ? { ...record, speedup: speedupOver(base, entrant) } : record;
  }
}

/** The median of what each repetition gives. */
function speedupOver(base: Pick<Entrant, 'runs'>, { runs }: Pick<Entrant, 'runs'>): number {
  return median(runs.map(({ msPerGap }, i) => base.runs[i]!.msPerGap / msPerGap));
}

function mostLanes(model: MariaModel, batches: readonly Batch[] = [1]): number {
  return Math.max(...batches.map((batch) => lanesOf(model, batch)));
}

function lanesOf({ ar }: MariaModel, batch: Batch): number {
  return batch === 'auto' ? ar.lanes : batch;
}

function entrantsOf(
  system: SystemName,
  form: LoadedForm,
  { texts, isCut }: Workload,
  { batches = [1], speculates = ['off'], acceptances, clock }: ThroughputOptions,
): Entrant[] {
  const drafting = system === 'maria' ? speculates : (['off'] as const);
  return batches.flatMap((batch) => {
    const lanes = lanesOf(form.model, batch);
    return drafting.flatMap((speculate) =>
      (speculate === 'off' ? [undefined] : (acceptances ?? [undefined])).map((acceptance) => ({
        system,
        form,
        batch,
        lanes,
        speculate,
        acceptance,
        texts: isCut ? texts.slice(0, lanes) : texts,
        timed: timedModel(form.model, clock, { lanes, lanesByCost: batch === 'auto' }),
        runs: [],
      })),
    );
  });
}

/** What the form chooses in each text, without speculation. */
async function exactTokens(
  { model }: LoadedForm,
  { texts }: Workload,
  { batches, temperature, seed, clock, signal }: ThroughputOptions,
): Promise<Run['chosen']> {
  const batch = mostLanes(model, batches);
  const timed = timedModel(model, clock, { lanes: batch, lanesByCost: false });
  const how = { system: 'maria', speculate: 0, temperature, seed, batch, clock, signal } as const;
  return (await runOnce(timed, texts, { ...how, enough: () => false })).chosen;
}

function summarize(
  { system, form, batch, speculate, acceptance, texts, runs }: Entrant,
  length: number,
  { maskRate, temperature = 0, seed, repetitions }: ThroughputOptions,
): ThroughputRecord {
  const sorted = [...runs].sort((a, b) => a.msPerGap - b.msPerGap);
  const middle = sorted[(sorted.length - 1) >> 1]!;
  const msPerGap = summarizeTimes(runs.map((run) => run.msPerGap));
  const gaps = texts.reduce((total, { positions }) => total + positions.length, 0);
  const gapsPerSecond = 1000 / msPerGap.median;
  const { filled, drafted, accepted } = middle;
  return {
    system,
    quantize: form.quantize,
    length,
    texts: texts.length,
    batch,
    speculate,
    ...(acceptance !== undefined && { acceptance }),
    maskRate,
    temperature,
    seed,
    repetitions,
    gaps,
    filled: Math.min(...runs.map((run) => run.filled)),
    gapsPerSecond,
    tokensPerSecond: (gapsPerSecond * tokensOf(texts)) / gaps,
    msPerGap,
    stepMs: summarizeTimes(runs.flatMap(({ steps }) => steps)),
    passes: middle.passes,
    drafted,
    accepted,
    // Whatever a text reads settles its right drafts, and one token more.
    window: drafted / (filled - accepted),
    memory: {
      peakRss: process.resourceUsage().maxRSS * 1024,
      kvCache: form.model.ar.cacheBytes,
      ...(form.estimated !== undefined && { estimated: form.estimated }),
    },
    time: { load: form.loadMs, ...middle.time },
  };
}

function tokensOf(texts: readonly MaskedSequence[]): number {
  return texts.reduce((total, { ids }) => total + ids.length, 0);
}
