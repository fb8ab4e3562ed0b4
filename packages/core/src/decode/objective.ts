// L_MARIA of a model that runs, over sequences whose masked tokens are known.
import type { MariaModel } from '../maria/model.js';
import { type Objective, objectiveOf } from '../maria/objective.js';
import { type ScoreOptions, score } from './score.js';

/** Original ids of a sequence, and which of its positions are masked. */
export interface ObjectiveItem {
  readonly ids: ArrayLike<number>;
  readonly masked: readonly number[];
}

/**
 * L_MARIA of a model, of one item or of a batch. In a batch every masked token counts the same, whatever item it is in.
 * @throws UsageError for positions that do not fit, and as `infill` does
 */
export async function objective(
  model: MariaModel,
  items: ObjectiveItem | readonly ObjectiveItem[],
  options: ScoreOptions = {},
): Promise<Objective> {
  const losses: number[] = [];
  for (const item of 'ids' in items ? [items] : items) {
    const { perToken } = await score(model, item, options);
    for (const logProbability of perToken) losses.push(-logProbability);
  }
  return objectiveOf(losses);
}
