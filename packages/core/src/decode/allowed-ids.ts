// Which ids may be chosen at a position, as a device is told: 1 or 0 for each of V.
import type { Model } from '../maria/model.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { suppressed } from './choose.js';
import { withholdOthers } from './text-filters.js';

/** Where the text around asks nothing. */
const anything = new Uint8Array();

const known = new WeakMap<Vocabulary, WeakMap<Uint8Array, Uint8Array>>();

/**
 * @param asked by the text around, as `TextFilters` has it
 * @returns the same array for the same question: positions that share one have it on the device once
 */
export function allowedIds(
  model: Pick<Model, 'vocabulary' | 'vocabularySize'>,
  asked: Uint8Array = anything,
): Uint8Array {
  const ofVocabulary = known.get(model.vocabulary) ?? new WeakMap<Uint8Array, Uint8Array>();
  known.set(model.vocabulary, ofVocabulary);
  let allowed = ofVocabulary.get(asked);
  if (allowed?.length !== model.vocabularySize) allowed = find(model, asked);
  ofVocabulary.set(asked, allowed);
  return allowed;
}

function find(model: Pick<Model, 'vocabulary' | 'vocabularySize'>, asked: Uint8Array): Uint8Array {
  const logits = new Float32Array(model.vocabularySize);
  suppressed(model)(logits);
  if (asked !== anything) withholdOthers(logits, asked);
  return Uint8Array.from(logits, (logit) => Number(logit === 0));
}
