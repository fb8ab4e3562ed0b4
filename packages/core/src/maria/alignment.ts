// Which tokens stand around a sequence in each model's input, and the limits that follow.
import { DataError, UsageError } from '../errors.js';
import type { Alignment, Model, PartName } from './model.js';

export type ArPrefixChoice = 'auto' | 'none' | 'bos' | 'eos';
export type MlmTemplateChoice = 'auto' | 'none';

/**
 * The tokens that a choice stands for.
 * `auto` gives the AR model its document-start token (BOS, else EOS as document separator, else nothing)
 * and the MLM the template of its tokenizer.
 * @throws DataError when a token that was asked for by name does not exist
 */
export function chooseAlignment(
  choice: { arPrefix: ArPrefixChoice; mlmTemplate: MlmTemplateChoice },
  ar: { bosId?: number | undefined; eosId?: number | undefined },
  mlmTemplate: { prefix: readonly number[]; suffix: readonly number[] } | undefined,
): Alignment {
  const arPrefix = (): readonly number[] => {
    if (choice.arPrefix === 'none') return [];
    const id = { auto: ar.bosId ?? ar.eosId, bos: ar.bosId, eos: ar.eosId }[choice.arPrefix];
    if (id !== undefined) return [id];
    if (choice.arPrefix === 'auto') return [];
    throw new DataError(
      'prefix-missing',
      `Cannot start documents with ${choice.arPrefix}: the AR model's config names no such token.`,
      {
        try: 'Use the prefix auto or none.',
      },
    );
  };
  const template = choice.mlmTemplate === 'auto' ? mlmTemplate : undefined;
  return { arPrefix: arPrefix(), mlmPrefix: template?.prefix ?? [], mlmSuffix: template?.suffix ?? [] };
}

/**
 * Checks a sequence against the backbones that will read it, before anything is computed.
 * @param positions the masked positions, ascending
 * @param needs the parts that will be used; others do not limit the sequence @default both backbones
 * @throws UsageError when it is too long, and as `checkIds` does
 */
export function checkSequence(
  model: Model,
  ids: Int32Array,
  positions: readonly number[],
  needs: readonly PartName[] = ['ar', 'mlm'],
): void {
  const { alignment } = model;
  const { ar, mlm } = readParts(model, needs);
  const mlmLength = alignment.mlmPrefix.length + ids.length + alignment.mlmSuffix.length;
  if (mlm && mlmLength > mlm.maxLength)
    throw new UsageError(
      'context-too-long',
      `Cannot fill the text: it is ${mlmLength} tokens long and the MLM reads at most ${mlm.maxLength}.`,
      {
        try: 'Split the text, or use a model with a longer context.',
      },
    );
  const denoiser = needs.includes('denoiser') ? model.denoiser : undefined;
  if (denoiser && mlmLength > denoiser.maxLength)
    throw new UsageError(
      'context-too-long',
      `Cannot fill the text: it is ${mlmLength} tokens long and the denoiser reads at most ${denoiser.maxLength}.`,
      { try: 'Split the text, or use a model with a longer context.' },
    );
  const arLength = alignment.arPrefix.length + (positions.at(-1) ?? 0);
  if (ar && arLength > ar.capacity)
    throw new UsageError(
      'context-too-long',
      `Cannot fill the text: its last gap follows ${arLength} tokens and the AR model reads at most ${ar.capacity}.`,
      {
        try: 'Split the text, give a larger context if one was given, or use a model with a longer context.',
        facts: { capacity: ar.capacity, lastGap: arLength },
      },
    );
  checkIds(model, ids, positions, needs);
}

function readParts({ ar, mlm }: Model, needs: readonly PartName[]) {
  return { ar: needs.includes('ar') ? ar : undefined, mlm: needs.includes('mlm') ? mlm : undefined };
}

/**
 * The same of a sequence of any length.
 * @throws UsageError when the first token is masked and nothing stands before it, or when an id is not in all tables
 */
export function checkIds(
  model: Model,
  ids: Int32Array,
  positions: readonly number[],
  needs: readonly PartName[] = ['ar', 'mlm'],
): void {
  const { alignment, vocabulary, vocabularySize } = model;
  const { ar, mlm } = readParts(model, needs);
  if (ar && positions[0] === 0 && alignment.arPrefix.length === 0)
    throw new UsageError(
      'first-token-masked',
      'Cannot fill the first token: the AR model has nothing before it to read.',
      {
        try: 'Begin with known text, or let the AR model read its EOS token first.',
      },
    );
  const masked = new Set(positions);
  const limit = Math.min(vocabularySize, ...[ar, mlm].flatMap((part) => part?.vocabularySize ?? []));
  ids.forEach((id, i) => {
    if (masked.has(i) ? id !== vocabulary.maskId && (id < 0 || id >= limit) : id < 0 || id >= limit)
      throw new UsageError(
        'id-out-of-range',
        `Cannot read token ${id} at position ${i}: the models' tables share ids 0 to ${limit - 1}.`,
        { try: 'Encode the text with the tokenizer of these models, or give the text itself.' },
      );
  });
}
