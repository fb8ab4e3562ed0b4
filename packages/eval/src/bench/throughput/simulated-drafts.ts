// Drafts of a chosen quality: each is the very token that will be chosen with a given probability. Random weights have no good ones of their own.
import { type MariaModel, randomKey } from '@maria/core';
import { ordinaryIds } from './masked-sequence.js';

/** What is chosen at each masked position of a text. */
export type ExactTokens = ReadonlyMap<number, number>;

/** Streams of the seed from here on belong to drafts. */
const draftStream = 2 ** 31;

/**
 * Takes the place of drafts, as `draft` of `infill`. Each draft is drawn anew, also one for a position that had one before.
 * @param exact as they were chosen without speculation
 * @param index which text: each has drafts of its own
 */
export function simulatedDrafts(
  model: MariaModel,
  exact: ExactTokens,
  { acceptance, seed, index }: { acceptance: number; seed: number; index: number },
): (position: number, id: number) => number {
  const key = randomKey(seed, draftStream + index);
  const [first, second] = ordinaryIds(model);
  let drawn = 0;
  return (position, id) => {
    const right = exact.get(position);
    if (right !== undefined && key.uniform(position, drawn++) < acceptance) return right;
    if (id !== right) return id;
    return right === first ? second! : first!;
  };
}
