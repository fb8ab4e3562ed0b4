// What is made of a search: the best fills, samples that differ, or fills of gaps with names.
import type { PartName } from '../maria/model.js';
import { gumbelOf } from '../random.js';
import type { DecodeTask } from './decoder.js';
import { noDrafts, sum } from './each-sample.js';
import { hasNames } from './equal-gaps.js';
import type { InfillEvent, Infilled, InfillPasses, InfillResult } from './events.js';
import {
  type Found,
  importanceOf,
  infilledOf,
  type LogitsAfter,
  marginalsOf,
  normalized,
  search,
  sharesOf,
} from './search.js';

/** Fewer fills in progress find little. */
const leastWidth = 16;

/** Counter of the choice among fills that were drawn; those of positions are smaller, and it has no branch. */
const choiceCounter = 2 ** 31 - 1;

export function searches({ prepared, options }: Pick<DecodeTask<never>, 'prepared' | 'options'>): boolean {
  return options.best !== undefined || options.distinct || hasNames(prepared);
}

type SearchedResult = Pick<InfillResult, 'samples' | 'passes' | 'drafts' | 'search'>;

export async function* searchFills<P extends PartName>(
  task: DecodeTask<P>,
  logitsAfter: LogitsAfter,
): AsyncGenerator<InfillEvent, SearchedResult> {
  const { options } = task;
  const result =
    options.best !== undefined
      ? await bestFills(task, options.best, logitsAfter)
      : options.distinct
        ? await distinctFills(task, logitsAfter)
        : await namedFills(task, logitsAfter);
  for (const sample of result.samples) yield* told(task, sample);
  return { ...result, drafts: noDrafts() };
}

async function bestFills<P extends PartName>(task: DecodeTask<P>, best: number, logitsAfter: LogitsAfter) {
  const width = task.options.beam ?? Math.max(leastWidth, 2 * best);
  const { dropped, passes, ...found } = await search(task, { width }, logitsAfter);
  const fills = found.fills.slice(0, best);
  const weights = sharesOf(fills);
  const samples = fills.map((fill, i) => ({
    ...infilledOf(task, fill, i),
    weight: weights[i]!,
    jointLogLikelihood: fill.joint,
  }));
  const isExact = dropped <= fills.at(-1)!.joint;
  return { samples, passes, search: { width, isExact, marginals: marginalsOf(samples, weights) } };
}

async function distinctFills<P extends PartName>(task: DecodeTask<P>, logitsAfter: LogitsAfter) {
  const { samples: count } = task.options;
  const width = count + 1;
  const found = await search(task, { width, key: task.keyOf(0) }, logitsAfter);
  const { fills, importance } = drawn(found, count);
  const weights = normalized(importance);
  const samples = fills.map((fill, i) => ({
    ...infilledOf(task, fill, i),
    weight: weights[i]!,
    jointLogLikelihood: fill.joint,
    logImportance: importance[i]!,
  }));
  return { samples, passes: found.passes, search: { width, marginals: marginalsOf(samples, weights) } };
}

/** All but the last of those that were drawn: it tells how likely the others were to be. */
function drawn({ fills, dropped }: Found, count: number) {
  const leftOut = Math.max(dropped, fills[count]?.score ?? -Infinity);
  const kept = fills.slice(0, count);
  return { fills: kept, importance: importanceOf(kept, leftOut) };
}

/**
 * The fill of the highest joint probability among those that read alike where they must. With sampling: several are drawn without replacement,
 * from left to right, and one of them by their importance weights, so that what the later places make of a fill counts.
 */
async function namedFills<P extends PartName>(task: DecodeTask<P>, logitsAfter: LogitsAfter) {
  const { samples: count, temperature, topK, beam = leastWidth } = task.options;
  let passes: InfillPasses = { mlm: 0, ar: 0 };
  const samples: Infilled[] = [];
  for (let sample = 0; sample < count; sample++) {
    if (temperature === 0 || topK === 1) {
      const [first] = samples;
      if (first) {
        samples.push({ ...first, sample });
        continue;
      }
      const found = await search(task, { width: beam }, logitsAfter);
      passes = sum(passes, found.passes);
      samples.push(infilledOf(task, found.fills[0]!, sample));
      continue;
    }
    const key = task.keyOf(sample);
    const found = await search(task, { width: beam + 1, key }, logitsAfter);
    passes = sum(passes, found.passes);
    const { fills, importance } = drawn(found, beam);
    const scores = importance.map((log, i) => log + gumbelOf(key.uniform(choiceCounter, i)));
    samples.push(infilledOf(task, fills[scores.indexOf(Math.max(...scores))]!, sample));
  }
  return { samples, passes };
}

function* told<P extends PartName>(
  { prepared }: DecodeTask<P>,
  infilled: Infilled,
): Generator<InfillEvent, void> {
  for (const [index, position] of prepared.positions.entries()) {
    if (prepared.kept.has(position)) continue;
    const { gap, index: place } = prepared.place(index);
    const { tokens, probabilities, legalMass } = infilled.gaps[gap]!;
    yield {
      type: 'gap-filled',
      sample: infilled.sample,
      position,
      gap,
      index: place,
      ...tokens[place]!,
      probability: probabilities[place]!,
      ...(legalMass && { legalMass: legalMass[place]! }),
    };
  }
  yield { type: 'done', ...infilled };
}
