// Several fills of the same gaps that differ: those of the highest joint probability (beam search), or a sample without replacement
// (stochastic beam search; Kool, van Hoof, Welling: Stochastic Beams and Where to Find Them, arXiv 1903.06059).
import { InterruptedError, UsageError } from '../errors.js';
import type { PartName } from '../maria/model.js';
import { gumbelOf, type RandomKey, randomKey } from '../random.js';
import { tokenOf } from '../text/token.js';
import { largest, modeOf, type Sampling, samplingOf, suppressed } from './choose.js';
import type { DecodeTask } from './decoder.js';
import { sum } from './each-sample.js';
import { EqualGaps, hasNames } from './equal-gaps.js';
import type { Infilled, InfillPasses, Marginal } from './events.js';
import { FilledPositions } from './filled-positions.js';
import { GapFollower } from './gap-follower.js';
import { legalDistribution } from './legal-logits.js';
import { schedulerOf } from './scheduler.js';
import { selectThreshold } from './select-threshold.js';
import { TextFilters } from './text-filters.js';

/** Tokens that fills in progress hold: far above what makes sense. */
const mostHeld = 2 ** 20;

/** A fill as far as it is chosen, each with the one that it goes on from. */
export interface Hypothesis {
  readonly before: Hypothesis | undefined;
  readonly id: number;
  /** Of its last token: as it is told, and what part of the model's distribution was legal there. */
  readonly logProbability: number;
  readonly legalMass: number | undefined;
  /** log p of all its tokens, of all that the model could have filled in. */
  readonly joint: number;
  /** What it competes by: `joint`, or its perturbed log-probability in the distribution that is sampled. */
  readonly score: number;
  /** log q of its tokens in the distribution that is sampled. */
  readonly sampled: number;
  /** What its next token is drawn with. */
  readonly key: RandomKey | undefined;
}

export interface SearchOptions {
  /** Fills in progress at a time. */
  readonly width: number;
  /** Draws without replacement, with these numbers; the most probable fills without it. */
  readonly key?: RandomKey;
}

/** Logits [V] of the masked position with this index into `out`, after these ids of those before it. @returns what was read */
export type LogitsAfter = (
  before: readonly number[],
  index: number,
  out: Float32Array,
) => Promise<InfillPasses>;

/** The best first. */
export interface Found {
  readonly fills: readonly Hypothesis[];
  /** The highest score that was dropped on the way: no fill that is not here has a higher one. */
  readonly dropped: number;
  readonly passes: InfillPasses;
}

/** @throws UsageError where more would be held than makes sense, or where no fill can stand in all gaps of a name */
export async function search<P extends PartName>(
  task: DecodeTask<P>,
  { width, key }: SearchOptions,
  logitsAfter: LogitsAfter,
): Promise<Found> {
  const { model, prepared, masked, options } = task;
  if (width * masked.length > mostHeld)
    throw new UsageError(
      'option-out-of-range',
      `Cannot infill: ${width} fills in progress of ${masked.length} tokens each are ${width * masked.length} tokens, and ${mostHeld} is the most for one text.`,
      { try: 'Ask for fewer fills.' },
    );
  const expand = expander(task, async (...asked) => {
    const read = await logitsAfter(...asked);
    passes = sum(passes, read);
    return read;
  });
  const root = { before: undefined, id: -1, logProbability: 0, legalMass: undefined, joint: 0, sampled: 0 };
  let beam: Hypothesis[] = [{ ...root, score: key ? Number.NaN : 0, key }];
  let dropped = -Infinity;
  let passes: InfillPasses = { mlm: 0, ar: 0 };
  let step = 0;
  for (const [index, position] of prepared.positions.entries()) {
    const kept = prepared.kept.get(position);
    if (kept !== undefined) {
      beam = beam.map((before) => ({ ...before, before, id: kept, logProbability: 0, legalMass: undefined }));
      continue;
    }
    const children: Hypothesis[][] = beam.map(() => []);
    let next = 0;
    const work = async () => {
      const logits = new Float32Array(model.vocabularySize);
      while (next < beam.length) {
        if (options.signal?.aborted) throw new InterruptedError();
        const own = next++;
        children[own] = await expand(beam[own]!, { index, step, most: width + 1 }, logits);
      }
    };
    await Promise.all(Array.from({ length: Math.min(beam.length, schedulerOf(model).lanes) }, work));
    const best = bestOf(children.flat(), width + 1);
    dropped = Math.max(dropped, best[width]?.score ?? -Infinity);
    beam = best.slice(0, width);
    step++;
  }
  if (beam.length === 0)
    throw new UsageError('gap-unfit', 'Cannot fill the gaps: no fill can stand in all gaps of a name.', {
      try: 'Write the same before each of them, such as a space, ask of each what the others can be, or write more tokens.',
    });
  return { fills: beam, dropped, passes };
}

/** So many of the highest scores, the highest first. Equal ones stay in the order of those before them, and of their ids. */
function bestOf(all: readonly Hypothesis[], count: number): Hypothesis[] {
  const scores = Float64Array.from(all, ({ score }) => score);
  const least = all.length > count ? selectThreshold(scores, () => 1, count) : -Infinity;
  return all
    .filter(({ score }) => score >= least)
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}

function expander<P extends PartName>(task: DecodeTask<P>, logitsAfter: LogitsAfter) {
  const { model, prepared, options } = task;
  const suppress = suppressed(model);
  const sampling = samplingOf(options);
  const equal = hasNames(prepared) ? new EqualGaps(model.vocabulary, prepared) : undefined;
  return async (
    before: Hypothesis,
    { index, step, most }: { index: number; step: number; most: number },
    logits: Float32Array,
  ): Promise<Hypothesis[]> => {
    const ids = idsOf(before);
    const filters = prepared.isText ? new TextFilters(model.vocabulary, prepared, options) : undefined;
    const follower = prepared.constraints && new GapFollower(model.vocabulary, prepared);
    for (const [i, id] of ids.entries()) {
      filters?.chosen(i, id);
      follower?.chosen(i, id);
    }
    await logitsAfter(
      ids.filter((_, i) => !prepared.kept.has(prepared.positions[i]!)),
      step,
      logits,
    );
    const legal = await legalDistribution(model, logits, {
      suppress,
      fit: filters?.at(index),
      asked: follower?.at(index),
      alike: equal?.at(index, ids),
    });
    if (!legal) return [];
    const { distribution, legalMass } = legal;
    const child = (id: number, score: number, sampled: number, key: RandomKey | undefined): Hypothesis => {
      const logProbability = logits[id]! - distribution.logNormalizer;
      const joint = before.joint + logProbability + (legalMass === undefined ? 0 : Math.log(legalMass));
      return { before, id, logProbability, legalMass, joint, score: key ? score : joint, sampled, key };
    };
    if (!before.key) return largest(logits, most).map((id) => child(id, 0, 0, undefined));
    const position = prepared.positions[index]!;
    return drawnOf(before, logits, sampling, { position, most }).map(({ id, score, sampled }, i) =>
      child(id, score, sampled, i === 0 ? before.key! : branch(before.key!, position, id)),
    );
  };
}

/**
 * The `most` ids of the largest perturbed log-probabilities, the largest first, given that this one is that of the fill before. Which one that is
 * is what an ordinary sample takes: the first fill is the sample of the seed.
 */
function drawnOf(
  { sampled: before, score: wanted, key }: Hypothesis,
  logits: Float32Array,
  { temperature, filters }: Sampling,
  { position, most }: { readonly position: number; readonly most: number },
): { id: number; score: number; sampled: number }[] {
  const mode = modeOf(logits);
  const max = logits[mode]!;
  const threshold = filters.reduce((least, filter) => filter(logits, least, max), -Infinity);
  let total = 0;
  for (const logit of logits) if (logit >= threshold) total += Math.exp((logit - max) / temperature);
  const sampledOf = (id: number) => before + (logits[id]! - max) / temperature - Math.log(total);
  const scores = new Float64Array(logits.length).fill(-Infinity);
  logits.forEach((logit, id) => {
    if (logit >= threshold && logit > -Infinity)
      scores[id] = sampledOf(id) + gumbelOf(key!.uniform(position, id));
  });
  const least = selectThreshold(scores.slice(), () => 1, most);
  const ids: number[] = [];
  scores.forEach((score, id) => {
    if (score >= least && score > -Infinity) ids.push(id);
  });
  ids.sort((a, b) => scores[b]! - scores[a]!);
  const best = scores[ids[0]!]!;
  return ids.slice(0, most).map((id) => ({
    id,
    // The first token has no one before it.
    score: Number.isNaN(wanted) ? scores[id]! : conditioned(scores[id]!, best, wanted),
    sampled: sampledOf(id),
  }));
}

/** A Gumbel number among those whose largest is `best`, given that the largest is `wanted` (the paper's appendix B.3). */
function conditioned(score: number, best: number, wanted: number): number {
  const v = wanted - score + Math.log1p(-Math.exp(score - best));
  return wanted - Math.max(0, v) - Math.log1p(Math.exp(-Math.abs(v)));
}

/** Numbers of its own for what goes on from another token than the first one. Counters of positions are smaller. */
function branch(key: RandomKey, position: number, id: number): RandomKey {
  const [first, second] = key.bits(2 ** 31 + position, id);
  return randomKey(first!, second);
}

function idsOf(fill: Hypothesis): number[] {
  return chainOf(fill).map(({ id }) => id);
}

/** From the first token on. */
function chainOf(fill: Hypothesis): Hypothesis[] {
  const chain: Hypothesis[] = [];
  for (let one: Hypothesis | undefined = fill; one?.before; one = one.before) chain.push(one);
  return chain.reverse();
}

/** A fill as it is told, as the sample with this number. */
export function infilledOf<P extends PartName>(
  { model, prepared }: DecodeTask<P>,
  fill: Hypothesis,
  sample: number,
): Infilled {
  const filled = new FilledPositions(prepared, false);
  for (const { id, logProbability, legalMass } of chainOf(fill))
    filled.add(tokenOf(model.vocabulary, id), logProbability, [], legalMass);
  return filled.finish(sample);
}

/** Of the most probable fills: their shares of what they have together. */
export function sharesOf(fills: readonly Pick<Hypothesis, 'joint'>[]): number[] {
  return normalized(fills.map(({ joint }) => joint));
}

/**
 * Importance weights of fills that were drawn without replacement, as logarithms: p / q, where q is the chance to be among those above the
 * score that was the first to be left out.
 */
export function importanceOf(
  fills: readonly Pick<Hypothesis, 'joint' | 'sampled'>[],
  leftOut: number,
): number[] {
  return fills.map(({ joint, sampled }) => joint - Math.log(-Math.expm1(-Math.exp(sampled - leftOut))));
}

/** Weights that sum to 1, from their logarithms. */
export function normalized(logs: readonly number[]): number[] {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** For each gap its different fills, those with the largest weight first. */
export function marginalsOf(
  samples: readonly Infilled[],
  weights: readonly number[],
): readonly (readonly Marginal[])[] {
  return samples[0]!.gaps.map((_, gap) => {
    const byText = new Map<string, number>();
    for (const [i, { gaps }] of samples.entries()) {
      const { text } = gaps[gap]!;
      byText.set(text, (byText.get(text) ?? 0) + weights[i]!);
    }
    return [...byText].map(([text, weight]) => ({ text, weight })).sort((a, b) => b.weight - a.weight);
  });
}
