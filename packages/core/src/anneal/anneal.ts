// Generation by simulated annealing over infilling: mask a falling share of the sequence, fill it again, ever colder.
// The schedules, the choice of positions and the acceptance rule are maria's own; the MARIA paper's Algorithm 1 was not available.

import { checkOption, isCount } from '../check-option.js';
import { fillPrepared } from '../decode/infill.js';
import { maskAt } from '../decode/mask-at.js';
import { resolveOptions } from '../decode/options.js';
import { prepared } from '../decode/prepare.js';
import { InterruptedError, UsageError } from '../errors.js';
import type { MariaModel } from '../maria/model.js';
import { randomKey } from '../random.js';
import { unlessAborted } from '../unless-aborted.js';
import { energyOf } from './energy.js';
import type { AnnealControl, AnnealEvent, AnnealOptions, AnnealResult, SweepRecord } from './events.js';
import { checkSchedule, type Schedule, scheduleValue } from './schedule.js';
import { selectPositions } from './select.js';
import { prepareSequence } from './sequence.js';

/** Streams of random numbers of one run; the sweep is the counter. */
const streams = { refill: 0, select: 1, accept: 2 } as const;

const defaultMaskRate: Schedule = { shape: 'cosine', from: 0.9, to: 0.1 };
const defaultTemperature: Schedule = { shape: 'linear', from: 1, to: 0.5 };

/**
 * Generates a sequence of `options.length` tokens, or the gaps of `options.text`. Each sweep is a pure function of the model, the options, the seed and the
 * sequence before it, so a resumed run goes on exactly as an uninterrupted one.
 * @throws UsageError when no position is free, the length exceeds a context, or a schedule is out of range
 * @throws InterruptedError when `options.signal` aborts
 */
export async function* anneal(
  model: MariaModel,
  options: AnnealOptions,
): AsyncGenerator<AnnealEvent, AnnealResult> {
  const run = await prepare(model, options);
  const { resume } = run;
  const began = run.clock() - (resume.at(-1)?.elapsedMs ?? 0);
  const elapsed = () => run.clock() - began;
  yield { type: 'anneal-start', ids: [...run.initialIds], free: run.free, maskId: model.vocabulary.maskId };

  let last = resume.at(-1);
  let best = resume.reduce<SweepRecord | undefined>((a, b) => (a && a.energy <= b.energy ? a : b), undefined);
  for (let sweep = resume.length; !run.isOver(sweep, elapsed()); sweep++) {
    if (options.signal?.aborted) throw new InterruptedError();
    const plan = planSweep(run, sweep, elapsed(), last);
    yield {
      type: 'sweep-start',
      sweep,
      masked: plan.masked,
      temperature: plan.temperature,
      maskRate: plan.maskRate,
    };

    const proposal = new Proposal(
      last?.ids ?? run.initialIds,
      last?.confidence ?? run.initialIds.map(() => 1),
    );
    const maskedIds = maskAt(proposal.ids, plan.masked, model.vocabulary);
    const refill = await fillPrepared(model, refillOf(maskedIds, plan.masked, run), {
      ...resolveOptions({
        temperature: plan.temperature,
        topK: options.topK ?? 0,
        topP: options.topP ?? 1,
        refresh: 'off',
        seed: run.random(streams.refill).bits(sweep, 0)[0]!,
        ...(options.signal && { signal: options.signal }),
      }),
      // The next positions are chosen by the probabilities.
      exact: true,
    });
    for await (const event of refill) {
      if (event.type !== 'gap-filled') continue;
      proposal.set(event.position, event.id, event.probability);
      yield event;
    }

    const energy = await energyOf(run.energy, model, Int32Array.from(proposal.ids), run.free);
    const accepted = accepts(run, sweep, plan.progress, last, energy);
    const kept =
      accepted || !last
        ? { ...proposal.state(), energy }
        : { ids: last.ids, confidence: last.confidence, energy: last.energy };
    const before = last?.ids ?? run.initialIds;
    last = {
      seed: run.seed,
      chain: run.chain,
      sweep,
      text: run.textOf(kept.ids),
      ...kept,
      changed: kept.ids.flatMap((id, position) => (id === before[position] ? [] : [position])),
      masked: plan.masked,
      temperature: plan.temperature,
      maskRate: plan.maskRate,
      accepted,
      elapsedMs: elapsed(),
    };
    if (!best || last.energy < best.energy) best = last;
    yield { type: 'sweep-end', ...last };
  }
  if (!last || !best)
    throw new UsageError('no-sweep', 'Cannot anneal: the time was over before the first sweep.', {
      try: 'Give a larger budget.',
    });
  yield { type: 'done', last, best };
  return { last, best };
}

type Run = Awaited<ReturnType<typeof prepare>>;

async function prepare(model: MariaModel, options: AnnealOptions) {
  const { sweeps = 16, budgetMs, seed = 0, chain = 0, resume = [], spanLength = 4 } = options;
  const check = (name: string, value: unknown, fits: boolean, wanted: string) =>
    checkOption('anneal', name, value, fits, wanted);
  const isNumber = (value: unknown) => typeof value === 'number';
  check('sweeps', sweeps, isCount(sweeps, 1), 'a whole number of at least 1');
  if (budgetMs !== undefined)
    check('budget', budgetMs, isNumber(budgetMs) && budgetMs > 0 && budgetMs < Infinity, 'above 0');
  check('seed', seed, isCount(seed, 0) && seed < 2 ** 32, 'a whole number from 0 to 4294967295');
  check('chain', chain, isCount(chain, 0) && chain < 2 ** 24, 'a whole number of at least 0');
  check(
    'span length',
    spanLength,
    isNumber(spanLength) && spanLength >= 1 && spanLength < Infinity,
    'at least 1',
  );
  const schedules = {
    maskRate: options.maskRate ?? defaultMaskRate,
    temperature: options.temperature ?? defaultTemperature,
  };
  checkSchedule(schedules.maskRate, 'mask rate', { least: 0, most: 1 });
  checkSchedule(schedules.temperature, 'temperature', { least: 0, most: 100 });
  if (options.acceptance) checkSchedule(options.acceptance, 'acceptance', { least: 0, most: 1e6 });

  const { ids, free, leads, textOf } = await unlessAborted(prepareSequence(model, options), options.signal);
  checkResume(resume, ids, free, { seed, chain });
  return {
    initialIds: ids,
    free,
    leads,
    textOf,
    seed,
    chain,
    resume,
    schedules,
    acceptance: options.acceptance,
    energy: options.energy ?? ('ar' as const),
    selection: options.selection ?? ('gumbel' as const),
    spanLength,
    control: options.control,
    clock: options.clock ?? (() => performance.now()),
    random: (stream: number) => randomKey(seed, chain * 4 + stream),
    /** From 0 at the first sweep to 1 at the last. */
    progress: (sweep: number, elapsedMs: number) =>
      budgetMs === undefined ? (sweeps === 1 ? 1 : sweep / (sweeps - 1)) : Math.min(1, elapsedMs / budgetMs),
    isOver: (sweep: number, elapsedMs: number) =>
      budgetMs === undefined ? sweep >= sweeps : sweep > 0 && elapsedMs >= budgetMs,
  };
}

function checkResume(
  resume: readonly SweepRecord[],
  ids: readonly number[],
  free: readonly number[],
  { seed, chain }: { seed: number; chain: number },
): void {
  const isFree = new Set(free);
  resume.forEach((record, i) => {
    const fact =
      record.sweep !== i
        ? `its sweep is ${record.sweep}`
        : record.seed !== seed || record.chain !== chain
          ? `it is of seed ${record.seed}, chain ${record.chain}, and this run is of seed ${seed}, chain ${chain}`
          : record.ids.length !== ids.length || record.confidence.length !== ids.length
            ? `it has ${record.ids.length} tokens, and this run has ${ids.length}`
            : record.ids.some((id, position) => !isFree.has(position) && id !== ids[position])
              ? 'its given text is another one'
              : undefined;
    if (fact !== undefined)
      throw new UsageError('resume-mismatch', `Cannot resume from record ${i} of the trace: ${fact}.`, {
        try: 'Resume with the options of the run that wrote the trace.',
      });
  });
}

function planSweep(run: Run, sweep: number, elapsedMs: number, last: SweepRecord | undefined) {
  const progress = run.progress(sweep, elapsedMs);
  const control: AnnealControl = run.control ?? {};
  const temperature = control.temperature ?? scheduleValue(run.schedules.temperature, progress);
  const maskRate = last ? (control.maskRate ?? scheduleValue(run.schedules.maskRate, progress)) : 1;
  const free = last ? run.free.filter((position) => !control.pinned?.has(position)) : run.free;
  if (free.length === 0)
    throw new UsageError('no-free-position', 'Cannot anneal: every position is pinned.', {
      try: 'Unpin some text.',
    });
  const masked = selectPositions({
    selection: run.selection,
    free,
    count: Math.max(1, Math.min(free.length, Math.round(maskRate * free.length))),
    confidence: last?.confidence ?? [],
    spanLength: run.spanLength,
    noise: randomOfSweep(run, streams.select, sweep),
  });
  return { progress, temperature, maskRate, masked };
}

/** The masked positions as gaps of one token each; where a gap of the text begins, its first token is as the text wants it. */
function refillOf(ids: Int32Array, masked: readonly number[], { leads }: Run) {
  const gaps = masked.map((position) => {
    const lead = leads.get(position);
    return { position, length: 1, ...(lead !== undefined && { lead }) };
  });
  // The text of a sweep is put together by the run.
  return prepared(ids, gaps, true, (fills) => ({ text: '', fills: fills.map(() => '') }));
}

/** A key of its own for each sweep. */
function randomOfSweep(run: Run, stream: number, sweep: number) {
  const [seed, substream] = run.random(stream).bits(sweep, 1);
  return randomKey(seed!, substream);
}

function accepts(
  run: Run,
  sweep: number,
  progress: number,
  last: SweepRecord | undefined,
  energy: number,
): boolean {
  if (!last || !run.acceptance || energy <= last.energy) return true;
  const temperature = scheduleValue(run.acceptance, progress);
  return (
    temperature > 0 &&
    run.random(streams.accept).uniform(sweep, 0) < Math.exp((last.energy - energy) / temperature)
  );
}

/** The sequence that a sweep is making. */
class Proposal {
  readonly ids: number[];
  private readonly confidence: number[];

  constructor(ids: readonly number[], confidence: readonly number[]) {
    this.ids = [...ids];
    this.confidence = [...confidence];
  }

  set(position: number, id: number, probability: number): void {
    this.ids[position] = id;
    this.confidence[position] = probability;
  }

  state() {
    return { ids: this.ids, confidence: this.confidence };
  }
}
