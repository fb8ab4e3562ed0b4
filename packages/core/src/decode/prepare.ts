// From what the caller gives (text with gaps, or token ids) to ids with masks, and back to text once they are filled.
import { checkOption } from '../check-option.js';
import type { ConstrainedGap } from '../constrain/compile.js';
import { UsageError } from '../errors.js';
import type { Model } from '../maria/model.js';
import type { GapConstraint } from '../text/constraint.js';
import {
  type BeforeGap,
  type EncodedGaps,
  encodeAround,
  type GapSpan,
  joinAround,
} from '../text/encode-gaps.js';
import { type GapFields, readGapFields, withFields, withLengthsToFind } from '../text/gap-fields.js';
import { type Gap, type ParsedGaps, parseGaps } from '../text/gaps.js';
import { refuseLong, refuseTokens, type Reader as TextReader } from '../text/refuse-long.js';
import { dropsSpace, splice } from '../text/splice.js';
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
  /** What is asked of the gaps, by their index. @default nothing */
  readonly constraints?: readonly (ConstrainedGap | undefined)[];
  /** Whether the sequence stands for a text, which the fills go into. */
  readonly isText: boolean;
  /** Which gap the k-th position belongs to, and which of its tokens it is. */
  place(k: number): { gap: number; index: number };
  /** The whole text for the ids of each gap, and each gap's text. */
  complete(fills: readonly (readonly number[])[]): { text: string; fills: readonly string[] };
  /** Where the length of a gap is not known; the input has the fewest tokens in each then. */
  readonly open?: OpenLengths;
}

/** Gaps of unknown length. */
export interface OpenLengths {
  /** How many tokens each gap may have, ascending: one number where that is known. */
  readonly candidates: readonly (readonly number[])[];
  /** The input with so many tokens in each gap. */
  withLengths(lengths: readonly number[]): PreparedInput;
}

/** Each is read and filled. */
const mostCandidates = 64;

export interface PrepareOptions {
  /** Three or more underscores in a row are a gap of one token. @default false */
  underscores?: boolean;
  /** What is asked of each gap beside its marker, by its place in the text. @default nothing */
  gaps?: readonly GapFields[];
  /** What is asked of the fills of all gaps. What the fields of a gap ask goes before. @default nothing */
  constraint?: GapConstraint | undefined;
  /** Whether a gap that tells no length may have any, where its fill is described. @default true */
  findsLengths?: boolean;
  /** Most tokens of [MASK*?], and of a gap whose length is found. @default 16 */
  maxLength?: number;
  /** Special tokens that are written in the text are read as tokens. @default false, they are text */
  specialTokens?: boolean;
  /** Ends the wait for the tokenizer. */
  signal?: AbortSignal;
  /** Most tokens that will be read: a text that cannot have as few is refused before it is split. @default any number */
  longest?: number;
  /** What reads no more. @default 'MLM' */
  longestOf?: TextReader;
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
  if (prepared.open)
    throw new UsageError(
      'kept-invalid',
      'Cannot keep tokens of gaps of unknown length: their positions are not known.',
    );
  if (prepared.positions.every((position) => kept.has(position)))
    throw new UsageError('no-gap', 'Cannot fill the gaps: all of their tokens are kept.', {
      try: 'Keep fewer of them.',
    });
  return { ...prepared, ids, kept };
}

async function prepareText(
  { vocabulary, alignment }: Reader,
  text: string | ParsedGaps,
  {
    underscores = false,
    specialTokens = false,
    gaps: fields = [],
    constraint,
    findsLengths = true,
    maxLength,
    signal,
    longest = Infinity,
    longestOf,
  }: PrepareOptions,
): Promise<PreparedInput> {
  const reading = {
    underscores,
    maskToken: vocabulary.maskToken,
    ...(maxLength !== undefined && { maxLength }),
  };
  const written = typeof text === 'string' ? parseGaps(text, reading) : text;
  const given = readGapFields(fields);
  const lengths = withFields(written.gaps, given);
  const gaps = findsLengths ? withLengthsToFind(lengths, given, constraint, maxLength) : lengths;
  const parsed = { ...written, gaps };
  if (parsed.gaps.length === 0)
    throw new UsageError('no-gap', 'Cannot fill the text: it has no gap.', {
      try: `Write [MASK] where a token is missing, or [MASK*3] for three${underscores ? ', or ___' : ''}.`,
    });
  const gapTokens = parsed.gaps.reduce((sum, { tokens }) => sum + tokens, 0);
  refuseLong(parsed.segments, gapTokens, vocabulary, longest, longestOf);
  const encoding = encodeAround(parsed, vocabulary, {
    specialTokens,
    prefixes: [alignment.arPrefix, alignment.mlmPrefix],
  });
  const around = await unlessAborted(encoding, signal);
  return preparedGaps(parsed.gaps, around, ({ ids, gaps }) => {
    const spans = gaps.map((gap, i) => {
      const { name } = parsed.gaps[i]!;
      const textAfter = parsed.segments[i + 1]!;
      return {
        ...gap,
        dropsSpace: dropsSpace(parsed.segments, i),
        textAfter,
        ...(name !== undefined && { name }),
      };
    });
    return prepared(ids, spans, true, (fills) => splice(parsed.segments, fills, vocabulary));
  });
}

/** @param sequenceOf ids with so many masks in each gap */
function preparedGaps(
  gaps: readonly Gap[],
  sequenceOf: (lengths: readonly number[]) => EncodedGaps,
  prepare: (sequence: EncodedGaps) => PreparedInput,
): PreparedInput {
  const withLengths = (lengths: readonly number[]) => prepare(sequenceOf(lengths));
  const candidates = gaps.map(candidatesOf);
  const fewest = withLengths(gaps.map(({ tokens }) => tokens));
  return candidates.every(({ length }) => length === 1)
    ? fewest
    : { ...fewest, open: { candidates, withLengths } };
}

function candidatesOf({ tokens, most = tokens }: Gap, gap: number): number[] {
  const count = most - tokens + 1;
  if (count > mostCandidates)
    throw new UsageError(
      'bad-gap',
      `Cannot fill gap ${gap + 1}: ${tokens} to ${most} tokens are ${count} lengths to try, and at most ${mostCandidates} are tried.`,
      { try: `Write a narrower range, such as [MASK*${tokens}-${tokens + mostCandidates - 1}].` },
    );
  return Array.from({ length: count }, (_, i) => tokens + i);
}

function prepareIds(
  vocabulary: Vocabulary,
  input: ArrayLike<number>,
  { longest = Infinity, longestOf, gaps: fields = [] }: PrepareOptions,
): PreparedInput {
  refuseTokens(input.length, longest, longestOf);
  const { maskId } = vocabulary;
  const given = Int32Array.from(Array.from(input), checkedId);
  const texts: BeforeGap[] = [];
  const runs: Gap[] = [];
  let from = 0;
  for (let at = given.indexOf(maskId); at >= 0; at = given.indexOf(maskId, from)) {
    texts.push({ ids: given.subarray(from, at) });
    for (from = at; given[from] === maskId; ) from++;
    runs.push({ tokens: from - at, marker: '' });
  }
  texts.push({ ids: given.subarray(from) });
  if (runs.length === 0)
    throw new UsageError('no-gap', `Cannot fill the ids: the mask id ${maskId} is not among them.`, {
      try: `Put ${maskId} where a token is missing.`,
    });
  return preparedGaps(
    withFields(runs, readGapFields(fields)),
    (lengths) => joinAround(texts, lengths, maskId),
    ({ ids, gaps }) =>
      prepared(ids, gaps, false, (fills) => {
        const filled = Int32Array.from(ids);
        gaps.forEach(({ position }, i) => {
          filled.set(fills[i]!, position);
        });
        return { text: vocabulary.decode(filled), fills: fills.map((fill) => vocabulary.decode(fill)) };
      }),
  );
}

function checkedId(id: number, position: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0x7fffffff) return id;
  throw new UsageError(
    'id-invalid',
    `Cannot fill the ids: the one at position ${position} is ${id}, not a token id.`,
  );
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
