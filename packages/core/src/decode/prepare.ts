// From what the caller gives (text with gaps, or token ids) to ids with masks, and back to text once they are filled.
import { checkOption } from '../check-option.js';
import { UsageError } from '../errors.js';
import type { Model } from '../maria/model.js';
import { encodeGaps, type GapSpan } from '../text/encode-gaps.js';
import { type ParsedGaps, parseGaps } from '../text/gaps.js';
import { refuseLong, refuseTokens } from '../text/refuse-long.js';
import { splice } from '../text/splice.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { unlessAborted } from '../unless-aborted.js';

/** Text with gap markers, the text around gaps as it stands, or token ids with the mask id. */
export type InfillInput = string | ParsedGaps | ArrayLike<number>;

export interface PreparedInput {
  /** The sequence with the mask id where a token is to be chosen. */
  readonly ids: Int32Array;
  readonly gaps: readonly GapSpan[];
  /** All positions of gaps, ascending. */
  readonly positions: readonly number[];
  /** Those of them that have their token already: it is read as the text around is, and stays. */
  readonly kept: ReadonlyMap<number, number>;
  /** Whether the sequence stands for a text, which the fills go into. */
  readonly isText: boolean;
  /** Which gap the k-th position belongs to, and which of its tokens it is. */
  place(k: number): { gap: number; index: number };
  /** The whole text for the ids of each gap, and each gap's text. */
  complete(fills: readonly (readonly number[])[]): { text: string; fills: readonly string[] };
}

export interface PrepareOptions {
  /** Three or more underscores in a row are a gap of one token. @default false */
  underscores?: boolean;
  /** Special tokens that are written in the text are read as tokens. @default false, they are text */
  specialTokens?: boolean;
  /** Ends the wait for the tokenizer. */
  signal?: AbortSignal;
  /** Most tokens that will be read: a text that cannot have as few is refused before it is split. @default any number */
  longest?: number;
  /** Tokens of gaps that stay as they are, by their position in the sequence; the rest is filled around them. @default none */
  kept?: ReadonlyMap<number, number>;
}

type Reader = Pick<Model, 'vocabulary' | 'alignment'>;

/** @throws UsageError `no-gap` when there is nothing to fill, and for malformed markers or ids */
export async function prepareInput(
  reader: Reader,
  input: InfillInput,
  options: PrepareOptions = {},
): Promise<PreparedInput> {
  const isInput = isText(input) || typeof (input as unknown as ArrayLike<number> | null)?.length === 'number';
  checkOption('infill', 'the input', input, isInput, 'a text or a list of ids');
  const prepared = isText(input)
    ? await prepareText(reader, input, options)
    : prepareIds(reader.vocabulary, input, options);
  return options.kept === undefined ? prepared : withKept(prepared, options.kept, reader.vocabulary);
}

function isText(input: InfillInput): input is string | ParsedGaps {
  return typeof input === 'string' || (typeof input === 'object' && input !== null && 'segments' in input);
}

function withKept(
  prepared: PreparedInput,
  kept: ReadonlyMap<number, number>,
  { size, maskId }: Vocabulary,
): PreparedInput {
  checkOption('infill', 'kept', kept, kept instanceof Map, 'a map of positions to ids');
  const ids = Int32Array.from(prepared.ids);
  const inGaps = new Set(prepared.positions);
  for (const [position, id] of kept) {
    if (!inGaps.has(position))
      throw new UsageError(
        'kept-invalid',
        `Cannot keep token ${id} at position ${position}: no gap is there.`,
      );
    if (!Number.isInteger(id) || id < 0 || id >= size || id === maskId)
      throw new UsageError('kept-invalid', `Cannot keep token ${id} at position ${position}: it is no text.`);
    ids[position] = id;
  }
  if (prepared.positions.every((position) => kept.has(position)))
    throw new UsageError('no-gap', 'Cannot fill the gaps: all of their tokens are kept.', {
      try: 'Keep fewer of them.',
    });
  return { ...prepared, ids, kept };
}

async function prepareText(
  { vocabulary, alignment }: Reader,
  text: string | ParsedGaps,
  { underscores = false, specialTokens = false, signal, longest = Infinity }: PrepareOptions,
): Promise<PreparedInput> {
  const parsed =
    typeof text === 'string' ? parseGaps(text, { underscores, maskToken: vocabulary.maskToken }) : text;
  if (parsed.gaps.length === 0)
    throw new UsageError('no-gap', 'Cannot fill the text: it has no gap.', {
      try: `Write [MASK] where a token is missing, or [MASK*3] for three${underscores ? ', or ___' : ''}.`,
    });
  const gapTokens = parsed.gaps.reduce((sum, { tokens }) => sum + tokens, 0);
  refuseLong(parsed.segments, gapTokens, vocabulary, longest);
  const encoding = encodeGaps(parsed, vocabulary, {
    specialTokens,
    prefixes: [alignment.arPrefix, alignment.mlmPrefix],
  });
  const { ids, gaps } = await unlessAborted(encoding, signal);
  return prepared(ids, gaps, true, (fills) => splice(parsed.segments, fills, vocabulary));
}

function prepareIds(
  vocabulary: Vocabulary,
  input: ArrayLike<number>,
  { longest = Infinity }: PrepareOptions,
): PreparedInput {
  refuseTokens(input.length, longest);
  const given = Array.from(input);
  const bad = given.findIndex((id) => !Number.isInteger(id) || id < 0 || id > 0x7fffffff);
  if (bad >= 0)
    throw new UsageError(
      'id-invalid',
      `Cannot fill the ids: the one at position ${bad} is ${given[bad]}, not a token id.`,
    );
  const gaps: GapSpan[] = [];
  given.forEach((id, position) => {
    if (id !== vocabulary.maskId) return;
    const last = gaps.at(-1);
    if (last && last.position + last.length === position)
      gaps[gaps.length - 1] = { ...last, length: last.length + 1 };
    else gaps.push({ position, length: 1 });
  });
  if (gaps.length === 0)
    throw new UsageError(
      'no-gap',
      `Cannot fill the ids: the mask id ${vocabulary.maskId} is not among them.`,
      {
        try: `Put ${vocabulary.maskId} where a token is missing.`,
      },
    );
  const ids = Int32Array.from(given);
  return prepared(ids, gaps, false, (fills) => {
    const filled = Int32Array.from(ids);
    gaps.forEach(({ position }, i) => {
      filled.set(fills[i]!, position);
    });
    return { text: vocabulary.decode(filled), fills: fills.map((fill) => vocabulary.decode(fill)) };
  });
}

export function prepared(
  ids: Int32Array,
  gaps: readonly GapSpan[],
  isText: boolean,
  complete: PreparedInput['complete'],
): PreparedInput {
  const places = gaps.flatMap(({ length }, gap) => Array.from({ length }, (_, index) => ({ gap, index })));
  const positions = gaps.flatMap(({ position, length }) =>
    Array.from({ length }, (_, index) => position + index),
  );
  return { ids, gaps, positions, kept: new Map(), isText, place: (k) => places[k]!, complete };
}
