// The vocabulary of a model folder, and the tokens around a sequence that follow from it.

import { type Alignment, chooseAlignment, DataError, type ModelSizes, takeTurns } from '@maria/core';
import { neverSampled } from '../tokenizers/placeholders.js';
import { creatingVocabulary, type ModelVocabulary } from '../tokenizers/tokenizer.js';
import { hasVocabularyFiles } from '../tokenizers/vocabulary-files.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { PairOptions } from './pair.js';

/** @throws DataError where the folder has no tokenizer, or one that cannot be read */
export async function vocabularyOf(
  checkpoint: Omit<Checkpoint, 'weights'>,
  what: string,
): Promise<ModelVocabulary> {
  if (!checkpoint.tokenizer && !hasVocabularyFiles(checkpoint))
    throw new DataError(
      'missing-model-file',
      `Cannot load the ${what} in ${checkpoint.folder}: it has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt.`,
      { try: 'Save the model’s tokenizer next to its weights.' },
    );
  return takeTurns(creatingVocabulary(checkpoint));
}

/** What to do where a tokenizer has no mask token. */
export const nameTheMask =
  'Name it in tokenizer_config.json ("mask_token") if the vocabulary has it, or use a model that was trained with one.';

/** That a tokenizer has no mask token, and which special ones it has. */
export function withoutMask({ specialIds, tokens }: Pick<ModelVocabulary, 'specialIds' | 'tokens'>): string {
  const most = 8;
  const ids = [...specialIds].sort((a, b) => a - b);
  const told = ids.slice(0, most).map((id) => `${id} ${JSON.stringify(tokens[id])}`);
  const more = ids.length > most ? [`${ids.length - most} more`] : [];
  return `its tokenizer has no mask token among its special ones (${[...told, ...more].join(', ') || 'there are none'})`;
}

/** @throws DataError where the tokenizer has no mask token */
export function withMask(vocabulary: ModelVocabulary, what: string): ModelVocabulary & { maskId: number } {
  const { maskId } = vocabulary;
  if (maskId === undefined)
    throw new DataError('mask-missing', `Cannot load ${what}: ${withoutMask(vocabulary)}.`, {
      try: nameTheMask,
    });
  return { ...vocabulary, maskId, specialIds: neverSampled(vocabulary) };
}

/** @param toShared the pair's id of one of the AR model's */
export function alignmentOf(
  options: PairOptions,
  sizes: ModelSizes,
  arVocabulary: ModelVocabulary,
  mlmVocabulary: ModelVocabulary,
  toShared: (arId: number) => number | undefined,
): Alignment {
  const shared = (arId: number | undefined) => (arId === undefined ? undefined : toShared(arId));
  return chooseAlignment(
    { arPrefix: options.arPrefix ?? 'auto', mlmTemplate: options.mlmTemplate ?? 'auto' },
    {
      bosId: shared(sizes.bosId ?? arVocabulary.bosId),
      eosId: shared(sizes.eosId ?? arVocabulary.eosId),
    },
    mlmVocabulary.template,
  );
}
