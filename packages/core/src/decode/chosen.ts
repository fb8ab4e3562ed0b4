// What was chosen for a position, and what is told of it: by all logits, or by a shortlist of them.
import type { Shortlist } from '../maria/shortlist.js';
import { ownTurn } from '../own-turn.js';
import { tokenOf } from '../text/token.js';
import { chooseToken, isClose, largest, samplingOf, type TokenNoise } from './choose.js';
import type { DecodeTask } from './decoder.js';
import type { Alternative } from './events.js';
import { type LegalFilters, legalDistribution } from './legal-logits.js';
import { chooseListed, type ListQuestion } from './listed-choice.js';

export interface Chosen {
  readonly id: number;
  readonly logProbability: number;
  readonly legalMass?: number | undefined;
  readonly alternatives: readonly Alternative[];
  /** Whether another id would be chosen if logits differed in their last digits. */
  isClose(): boolean;
}

/** By all logits [V], of which what may not be chosen is taken out. */
export async function chose(
  task: DecodeTask<never>,
  logits: Float32Array,
  filters: LegalFilters,
  noise: TokenNoise,
): Promise<Chosen> {
  const { model, options } = task;
  const sampling = samplingOf(options);
  const legal = await legalDistribution(model, logits, filters);
  const { distribution, legalMass } = legal!;
  const probabilityOf = (id: number) => Math.exp(logits[id]! - distribution.logNormalizer);
  const id = chooseToken(logits, distribution, sampling, noise);
  return {
    id,
    logProbability: logits[id]! - distribution.logNormalizer,
    legalMass,
    alternatives:
      options.alternatives > 0 ? await told(task, largest(logits, options.alternatives), probabilityOf) : [],
    isClose: () => isClose(logits, id, sampling, noise),
  };
}

/** By a shortlist; undefined where more logits are needed. */
export async function choseListed(
  task: DecodeTask<never>,
  list: Shortlist,
  question: ListQuestion,
): Promise<Chosen | undefined> {
  const { ids, logits, hasAll } = list;
  const { alternatives } = task.options;
  // Which of equals at the end comes next is not known.
  if (!hasAll && alternatives > 0 && !(logits[alternatives - 1]! > logits.at(-1)!)) return undefined;
  const chosen = chooseListed(list, question, task.options);
  if (!chosen) return undefined;
  const { id, logit, logNormalizer } = chosen;
  return {
    id,
    logProbability: logit - logNormalizer,
    alternatives: await told(task, ids.slice(0, alternatives), (_, i) =>
      Math.exp(logits[i]! - logNormalizer),
    ),
    isClose: () => chosen.isClose,
  };
}

const alternativesInOneTurn = 1024;

async function told(
  { model }: DecodeTask<never>,
  ids: readonly number[],
  probabilityOf: (id: number, place: number) => number,
): Promise<Alternative[]> {
  const alternatives: Alternative[] = [];
  for (const [place, id] of ids.entries()) {
    alternatives.push({ ...tokenOf(model.vocabulary, id), probability: probabilityOf(id, place) });
    if (alternatives.length % alternativesInOneTurn === 0) await ownTurn();
  }
  return alternatives;
}
