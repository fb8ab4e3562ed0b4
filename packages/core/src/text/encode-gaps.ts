// From text around gaps to token ids with the mask id in the gaps, each piece as it is read in the running text.
import { UsageError } from '../errors.js';
import type { ParsedGaps } from './gaps.js';
import type { EncodeOptions, Tokenized, Vocabulary } from './vocabulary.js';

/** Where a gap's tokens are: `length` of them from `position` on. */
export interface GapSpan {
  /** Gaps of one name are filled alike. */
  readonly name?: string;
  readonly position: number;
  readonly length: number;
  /**
   * What the text of the gap's first token begins with: the space that it carries, or '' for a token that carries none.
   * Absent where both are read as well, directly after a word.
   */
  readonly lead?: string;
  /** Whether a space that the first token carries is left out of the text, which has it already. */
  readonly dropsSpace?: boolean;
  /** The text from the gap to the next one, or to the end; absent where there are only ids. */
  readonly textAfter?: string;
}

export interface EncodedGaps {
  readonly ids: Int32Array;
  /** In the order of the text. */
  readonly gaps: readonly GapSpan[];
}

export interface TextPiece {
  readonly text: string;
  readonly masked: boolean;
}

type Reading = Pick<EncodeOptions, 'specialTokens'>;

export interface PieceReading extends Reading {
  /** Ids that are put before the sequence anyway: where a text begins with them, they are left out. */
  readonly prefixes?: readonly (readonly number[])[];
}

/** Whether the text before a gap ends a word, so that what it leaves to the gap can be told by the word that would follow. */
function endsWord(segment: string, isFirst: boolean): boolean {
  return segment === '' ? isFirst : /\s$/.test(segment);
}

type GapReader = Pick<Vocabulary, 'encode' | 'tokenize' | 'bytesOf' | 'size' | 'maskId'>;

/**
 * Each segment as it stands in the running text: after a gap it goes on, and before one it leaves to the gap what the next word's token
 * would carry, such as the space in byte-level and ▁ vocabularies.
 */
export async function encodeGaps(
  parsed: ParsedGaps,
  vocabulary: GapReader,
  reading: PieceReading = {},
): Promise<EncodedGaps> {
  return (await encodeAround(parsed, vocabulary, reading))(parsed.gaps.map(({ tokens }) => tokens));
}

/** As `encodeGaps`, for gaps of any lengths: the text around them is read once. */
export async function encodeAround(
  { segments, gaps }: ParsedGaps,
  vocabulary: GapReader,
  { specialTokens = false, prefixes = [] }: PieceReading = {},
): Promise<(lengths: readonly number[]) => EncodedGaps> {
  const read = await Promise.all(
    segments.map((segment, i) => {
      const reading = { continues: i > 0, specialTokens };
      return gaps[i] && endsWord(segment, i === 0)
        ? readBeforeWord(segment, vocabulary, reading)
        : vocabulary.encode(segment, reading).then((ids): BeforeGap => ({ ids, lead: undefined }));
    }),
  );
  const first = read[0]!;
  read[0] = { ...first, ids: withoutPrefix(first.ids, prefixes) };
  return (lengths) => joinAround(read, lengths, vocabulary.maskId);
}

/** Texts around gaps, one more than there are lengths, with so many masks between them. */
export function joinAround(
  texts: readonly BeforeGap[],
  lengths: readonly number[],
  maskId: number,
): EncodedGaps {
  const parts: Int32Array[] = [];
  let position = 0;
  const add = (part: Int32Array) => {
    parts.push(part);
    position += part.length;
  };
  const gaps: GapSpan[] = [];
  for (const [i, { ids, lead }] of texts.entries()) {
    add(ids);
    const length = lengths[i];
    if (length === undefined) continue;
    gaps.push({ position, length, ...(lead !== undefined && { lead }) });
    add(new Int32Array(length).fill(maskId));
  }
  return { ids: joined(parts, position), gaps };
}

/** The ids of a text that a gap follows, and what the gap's first token begins with. */
export interface BeforeGap {
  readonly ids: Int32Array;
  readonly lead?: string | undefined;
}

function joined(parts: readonly Int32Array[], length: number): Int32Array {
  const ids = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}

/** A document-start token that a text begins with is put before it anyway. */
export function withoutPrefix(ids: Int32Array, prefixes: readonly (readonly number[])[]): Int32Array {
  const prefix = prefixes.find((one) => one.length > 0 && one.every((id, i) => ids[i] === id));
  return ids.subarray(prefix?.length ?? 0);
}

/** The tokens of a text before a word, and what the word's own token begins with. */
async function readBeforeWord(
  text: string,
  vocabulary: Pick<Vocabulary, 'tokenize' | 'bytesOf' | 'size'>,
  reading: EncodeOptions,
): Promise<BeforeGap> {
  const word = someWord(vocabulary);
  const { ids, starts, ends } = await vocabulary.tokenize(text + word, reading);
  const first = ends.findIndex((end) => end > text.length);
  const count = first < 0 ? ids.length : first;
  // Where the word is no token of its own, nothing is known of what it carries.
  const isWhole = first === ids.length - 1 && starts[first]! <= text.length;
  const written = isWhole ? decoder.decode(vocabulary.bytesOf(ids[first]!)) : '';
  const lead = written.endsWith(word) ? written.slice(0, -word.length) : undefined;
  return { ids: ids.subarray(0, count), lead };
}

const decoder = new TextDecoder();
const words = new WeakMap<object, string>();

/** A word that stands in the vocabulary with the space before it: the first one. */
function someWord({ bytesOf, size }: Pick<Vocabulary, 'bytesOf' | 'size'>): string {
  let word = words.get(bytesOf);
  for (let id = 0; word === undefined && id < size; id++)
    word = /^ ([a-z]+)$/.exec(decoder.decode(bytesOf(id)))?.[1];
  word ??= 'x';
  words.set(bytesOf, word);
  return word;
}

/**
 * The ids of a whole text of which some pieces are masked, for scoring, and the positions of the tokens that touch a masked piece.
 * @throws UsageError `span-invalid` where a piece begins or ends inside of a character
 */
export async function encodePieces(
  pieces: readonly TextPiece[],
  vocabulary: Pick<Vocabulary, 'tokenize'>,
  { specialTokens = false, prefixes = [] }: PieceReading = {},
): Promise<{ ids: Int32Array; masked: readonly number[] }> {
  const text = pieces.map((piece) => piece.text).join('');
  const spans: [start: number, end: number][] = [];
  let at = 0;
  for (const piece of pieces) {
    if (piece.masked) spans.push([at, at + piece.text.length]);
    at += piece.text.length;
    if (isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1)))
      throw new UsageError(
        'span-invalid',
        `Cannot mask the text: offset ${at} is inside of the character ${JSON.stringify(text.slice(at - 1, at + 1))}.`,
        { try: 'Give offsets of whole characters; one outside of the basic plane counts as two.' },
      );
  }
  const tokenized = await vocabulary.tokenize(text, { specialTokens });
  const ids = withoutPrefix(tokenized.ids, prefixes);
  const left = tokenized.ids.length - ids.length;
  const masked = touching(text, tokenized, spans).flatMap((position) =>
    position < left ? [] : [position - left],
  );
  return { ids, masked };
}

/** @throws UsageError `span-invalid` for a span that no token stands for */
function touching(
  text: string,
  { ids, starts, ends }: Tokenized,
  spans: readonly (readonly [start: number, end: number])[],
): number[] {
  const positions: number[] = [];
  const touched = new Set<number>();
  const next = starts.map(() => text.length);
  for (let i = starts.length - 2; i >= 0; i--)
    next[i] = starts[i + 1]! >= ends[i]! ? starts[i + 1]! : next[i + 1]!;
  let first = 0;
  for (const position of ids.keys()) {
    const start = starts[position]!;
    // What a tokenizer takes together with a character, such as a combining mark, is not in its ranges.
    const end = /^\S+$/.test(text.slice(ends[position], next[position])) ? next[position]! : ends[position]!;
    while (first < spans.length && spans[first]![1] <= start) first++;
    for (let i = first; i < spans.length && spans[i]![0] < end; i++) {
      touched.add(i);
      if (positions.at(-1) !== position) positions.push(position);
    }
  }
  const missed = spans.find((_, i) => !touched.has(i));
  if (missed)
    throw new UsageError(
      'span-invalid',
      `Cannot mask the text: no token stands for ${JSON.stringify(text.slice(...missed).slice(0, 80))}, at offsets ${missed[0]} to ${missed[1]}.`,
      { try: 'Give a span that holds more than white space.' },
    );
  return positions;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
