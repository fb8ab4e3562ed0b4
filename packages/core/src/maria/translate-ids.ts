// An AR model that reads the pair's ids: each is translated to its own before it is fed.
import { UsageError } from '../errors.js';
import type { CausalModel } from '../models/causal-model.js';
import type { RunningModel } from '../models/running-model.js';

/**
 * @param arIds the model's id of each shared id, -1 where it has none
 * @param tokens of the shared ids, for errors
 */
export function translateIds(
  model: CausalModel & RunningModel,
  arIds: Int32Array,
  tokens: readonly (string | undefined)[],
): CausalModel & RunningModel {
  const translate = (id: number): number => {
    const arId = arIds[id];
    if (arId !== undefined && arId >= 0) return arId;
    throw new UsageError(
      'token-not-shared',
      `Cannot read token ${id} (${JSON.stringify(tokens[id] ?? null)}): the AR model has no such token.`,
      { try: 'Leave this token out of the text.' },
    );
  };
  const sharedIds = new Map([...arIds].map((arId, id) => [arId, id]));
  return {
    ...model,
    ids: (lane) => model.ids(lane).map((arId) => sharedIds.get(arId) ?? -1),
    vocabularySize: arIds.length,
    extend: async (reads) => model.extend(reads.map((read) => ({ ...read, ids: read.ids.map(translate) }))),
  };
}
