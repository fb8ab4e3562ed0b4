// Original tokens and which of them are masked, for scoring: from ids, from spans of a text, or at a mask rate.
import { checkOption, isCount } from '../check-option.js';
import { UsageError } from '../errors.js';
import type { MariaModel } from '../maria/model.js';
import { recordKey } from '../random.js';
import { encodePieces, type PieceReading, withoutPrefix } from '../text/encode-gaps.js';
import { parseGaps } from '../text/gaps.js';
import { refuseLong, refuseTokens } from '../text/refuse-long.js';
import { firstMaskable } from './hidden-pair.js';

export type ScoreInput =
  /** Original ids, and which positions are masked. */
  | { readonly ids: ArrayLike<number>; readonly masked: readonly number[] }
  /** Each token is masked with this probability; at least one is. Which ones belongs to the seed and the record (`InfillOptions`). */
  | { readonly text: string; readonly maskRate: number; readonly seed?: number; readonly record?: number }
  /** Tokens that touch one of the half-open ranges [start, end) of UTF-16 offsets are masked. */
  | { readonly text: string; readonly spans: readonly (readonly [number, number])[] };

export interface Original {
  readonly ids: Int32Array;
  /** Ascending, not empty. */
  readonly masked: readonly number[];
}

/** Spans mask whole tokens: more of them than a token has characters say nothing. */
const mostSpansPerToken = 16;

type TextInput = Exclude<ScoreInput, { ids: unknown }>;
type TextAtRate = Extract<ScoreInput, { maskRate: unknown }>;

/** @throws UsageError when a position is not in the sequence, is given twice, or none is given */
export function originalIds(
  { ids, masked }: { ids: ArrayLike<number>; masked: readonly number[] },
  longest = Number.POSITIVE_INFINITY,
): Original {
  refuseTokens(ids.length, longest);
  const bad = Array.from(ids).find((id) => !Number.isInteger(id) || id < 0 || id > 0x7fffffff);
  if (bad !== undefined)
    throw new UsageError('id-invalid', `Cannot score the ids: ${bad} is not a token id.`);
  if (masked.length === 0)
    throw new UsageError('no-gap', 'Cannot score the ids: no position is masked.', {
      try: 'Give the positions to mask, for example "masked": [1].',
    });
  const sorted = [...masked].sort((a, b) => a - b);
  sorted.forEach((position, i) => {
    if (!Number.isInteger(position) || position < 0 || position >= ids.length)
      throw new UsageError(
        'position-invalid',
        `Cannot score the ids: masked position ${position} is not in a sequence of ${ids.length}.`,
      );
    if (position === sorted[i - 1])
      throw new UsageError('position-invalid', `Cannot score the ids: position ${position} is masked twice.`);
  });
  return { ids: Int32Array.from(ids), masked: sorted };
}

/** @throws UsageError for a text with gaps, or spans that do not fit it */
export async function originalText(
  model: MariaModel,
  input: TextInput,
  {
    longest = model.mlm.maxLength,
    ...given
  }: Pick<PieceReading, 'specialTokens'> & { readonly longest?: number },
): Promise<Original> {
  checkOption('score the text', 'text', input.text, typeof input.text === 'string', 'a string');
  const [gap] = parseGaps(input.text, { maskToken: model.vocabulary.maskToken }).gaps;
  if (gap)
    throw new UsageError(
      'gap-in-text',
      `Cannot score the text: it holds the gap ${gap.marker}, which has no tokens to score.`,
      { try: `Fill it first, or write \\${gap.marker} where it is text.` },
    );
  const mostSpans = mostSpansPerToken * longest;
  if ('spans' in input && input.spans.length > mostSpans)
    throw new UsageError(
      'span-invalid',
      `Cannot score the text: it has ${input.spans.length} spans, and a text that the MLM reads at most ${mostSpans}.`,
      { try: 'Give one span for what is masked without a break.' },
    );
  refuseLong([input.text], 0, model.vocabulary, longest);
  const { arPrefix, mlmPrefix } = model.alignment;
  const reading = { ...given, prefixes: [arPrefix, mlmPrefix] };
  return 'spans' in input ? maskSpans(model, input, reading) : maskAtRate(model, input, reading);
}

/** Each token is masked with probability maskRate, a pure function of seed and record; the likeliest one where none would be. */
async function maskAtRate(
  model: MariaModel,
  { text, maskRate, seed = 0, record = 0 }: TextAtRate,
  reading: PieceReading,
): Promise<Original> {
  const check = (name: string, value: unknown, fits: boolean, wanted: string) =>
    checkOption('score the text', name, value, fits, wanted);
  const isRate = typeof maskRate === 'number' && maskRate > 0 && maskRate <= 1;
  check('maskRate', maskRate, isRate, 'a number above 0 and at most 1');
  for (const [name, value] of Object.entries({ seed, record }))
    check(name, value, isCount(value, 0) && value < 2 ** 32, 'a whole number from 0 to 4294967295');
  const ids = withoutPrefix(await model.vocabulary.encode(text, reading), reading.prefixes ?? []);
  const first = firstMaskable(model.alignment);
  if (ids.length <= first)
    throw new UsageError(
      'no-gap',
      `Cannot score the text: it has ${ids.length} tokens, none of which can be masked.`,
      { try: 'Give a longer text.' },
    );
  const key = recordKey(seed, record);
  const draws = Array.from(ids, (_, i) => (i < first ? Infinity : key.uniform(0, i)));
  const masked = [...ids.keys()].filter((i) => draws[i]! < maskRate);
  const likeliest = draws.reduce((best, draw, i) => (draw < draws[best]! ? i : best), first);
  return { ids, masked: masked.length > 0 ? masked : [likeliest] };
}

/** The tokens that touch a span, as the whole text is read. */
async function maskSpans(
  model: MariaModel,
  { text, spans }: { text: string; spans: readonly (readonly [number, number])[] },
  reading: PieceReading,
): Promise<Original> {
  if (spans.length === 0)
    throw new UsageError('no-gap', 'Cannot score the text: no span is given.', {
      try: 'Give a span, for example "spans": [[4, 7]].',
    });
  let from = 0;
  const pieces: { text: string; masked: boolean }[] = [];
  for (const [start, end] of spans) {
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(end) ||
      start < from ||
      end <= start ||
      end > text.length
    )
      throw new UsageError(
        'span-invalid',
        `Cannot score the text: span [${start}, ${end}) must be whole, not empty, after ${from} and within ${text.length}.`,
      );
    pieces.push(
      { text: text.slice(from, start), masked: false },
      { text: text.slice(start, end), masked: true },
    );
    from = end;
  }
  pieces.push({ text: text.slice(from), masked: false });
  return encodePieces(pieces, model.vocabulary, reading);
}
