// The sequence that annealing works on: given tokens, free positions, and how its text is put together.
import { checkOption, isCount } from '../check-option.js';
import { UsageError } from '../errors.js';
import { checkSequence } from '../maria/alignment.js';
import type { MariaModel } from '../maria/model.js';
import { encodeGaps } from '../text/encode-gaps.js';
import { type ParsedGaps, parseGaps, refuseNames, refuseUnknownLengths } from '../text/gaps.js';
import { refuseLong } from '../text/refuse-long.js';
import { splice } from '../text/splice.js';
import type { Vocabulary } from '../text/vocabulary.js';
import type { AnnealSequence } from './events.js';

export interface PreparedSequence {
  /** The mask id at free positions. */
  readonly ids: readonly number[];
  /** Ascending, not empty. */
  readonly free: readonly number[];
  /** What the text of a gap's first token begins with, by its position, where the text decides that. */
  readonly leads: ReadonlyMap<number, string>;
  /** The text of a full sequence. */
  textOf(ids: readonly number[]): string;
}

/** @throws UsageError when no position is free, or the sequence exceeds a context */
export async function prepareSequence(
  model: MariaModel,
  sequence: AnnealSequence,
): Promise<PreparedSequence> {
  const { vocabulary, ar, alignment } = model;
  const parsed = 'text' in sequence ? gapsOfText(sequence.text, vocabulary) : await oneGap(sequence, model);
  const gapTokens = parsed.gaps.reduce((sum, { tokens }) => sum + tokens, 0);
  refuseLong(parsed.segments, gapTokens, vocabulary, model.mlm.maxLength);
  const { ids, gaps } = await encodeGaps(parsed, vocabulary);
  const free = gaps.flatMap(({ position, length }) => Array.from({ length }, (_, i) => position + i));
  checkSequence(model, ids, free);
  // The energy reads to the end of the sequence, not only to the last free token.
  if (alignment.arPrefix.length + ids.length - 1 > ar.capacity)
    throw new UsageError(
      'context-too-long',
      `Cannot anneal: the AR model reads at most ${ar.capacity} tokens, the length is ${ids.length}.`,
      { try: 'Give a smaller length, or a model of a longer context.' },
    );
  return {
    ids: [...ids],
    free,
    leads: new Map(gaps.flatMap(({ position, lead }) => (lead === undefined ? [] : [[position, lead]]))),
    textOf: (filled) => {
      const fills = gaps.map(({ position, length }) => filled.slice(position, position + length));
      return splice(parsed.segments, fills, vocabulary).text;
    },
  };
}

function gapsOfText(text: string, { maskToken }: Vocabulary): ParsedGaps {
  const parsed = parseGaps(text, { maskToken });
  if (parsed.gaps.length === 0)
    throw new UsageError('no-free-position', 'Cannot anneal: the text has no gap.', {
      try: 'Write [MASK*20] where 20 tokens are to be made.',
    });
  refuseUnknownLengths(parsed.gaps, 'anneal');
  refuseNames(parsed.gaps, 'anneal');
  return parsed;
}

async function oneGap(
  { length, prompt = '', suffix = '' }: Extract<AnnealSequence, { length: number }>,
  { vocabulary, mlm }: MariaModel,
): Promise<ParsedGaps> {
  checkOption('anneal', 'length', length, isCount(length, 1), 'a whole number of at least 1');
  if (length > mlm.maxLength)
    throw new UsageError(
      'context-too-long',
      `Cannot anneal: the MLM reads at most ${mlm.maxLength} tokens, the length is ${length}.`,
      { try: 'Give a smaller length, or a model of a longer context.' },
    );
  const segments = [prompt, suffix];
  refuseLong(segments, 0, vocabulary, mlm.maxLength);
  const { ids: around } = await encodeGaps({ segments, gaps: [{ tokens: 0, marker: '' }] }, vocabulary);
  const given = around.length;
  if (given >= length)
    throw new UsageError(
      'no-free-position',
      `Cannot anneal: prompt and suffix are ${given} tokens, the length is ${length}.`,
      { try: `Give a length above ${given}.` },
    );
  return { segments, gaps: [{ tokens: length - given, marker: '' }] };
}
