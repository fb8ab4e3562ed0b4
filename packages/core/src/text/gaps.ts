// Reads gap markers: [MASK], [MASK*3], [MASK*2-6], [MASK*?], [MASK:name*2], the model's own mask token, and ___ where that is asked for.
import { checkOption, isCount } from '../check-option.js';
import { UsageError } from '../errors.js';

/** Most tokens of one gap. */
export const maxGapTokens = 4096;

/** Most tokens of all gaps of a text: far above what any model fills. */
const mostTokens = 2 ** 16;

/** Most tokens of [MASK*?], unless another number is given. */
export const defaultMaxLength = 16;

export interface Gap {
  /** How many tokens fill it; the fewest, where the number is not known. */
  readonly tokens: number;
  /** The most tokens, above `tokens`, where the number is not known. */
  readonly most?: number;
  /** Gaps of one name have the same fill. */
  readonly name?: string;
  /** As it is written in the text. */
  readonly marker: string;
}

/** Text around gaps: segments[0] gaps[0] segments[1] … segments[n]. Markers that are meant as text are among the segments. */
export interface ParsedGaps {
  readonly segments: readonly string[];
  readonly gaps: readonly Gap[];
}

export interface ParseGapsOptions {
  /** Three or more underscores in a row are a gap of one token. @default false */
  underscores?: boolean;
  /** The model's mask token, a gap of one token too where it is not [MASK] itself. @default '[MASK]' */
  maskToken?: string;
  /** Most tokens of [MASK*?]. @default 16 */
  maxLength?: number;
}

/** A name and a count are at most this long: the bounds keep the search linear in text full of "[MASK*". */
const mask = String.raw`\[MASK(?::([^*\]\r\n]{0,64}))?(?:\*([^\]\r\n]{0,32}))?\]`;
const underscoreRun = '_{3,}';

function markerPattern({ underscores = false, maskToken = '' }: ParseGapsOptions): RegExp {
  const own = maskToken.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(
    `\\\\?(${[mask, ...(own ? [own] : []), ...(underscores ? [underscoreRun] : [])].join('|')})`,
    'g',
  );
}

type Lengths = Pick<Gap, 'tokens' | 'most'>;

/** From `tokens` to `most`, where they differ. */
export function lengthsFrom(tokens: number, most: number): Lengths {
  return { tokens, ...(most > tokens && { most }) };
}

function lengthsOf(marker: string, written: string, maxLength: number): Lengths {
  if (written === '?') return lengthsFrom(1, maxLength);
  const [, from, to = from] = /^([1-9]\d*)(?:-([1-9]\d*))?$/.exec(written) ?? [];
  const [fewest, most] = [Number(from), Number(to)];
  if (!(most <= maxGapTokens && fewest <= maxGapTokens))
    throw new UsageError(
      'bad-gap',
      `Cannot read the gap ${JSON.stringify(marker)}: the number of tokens is a whole number from 1 to ${maxGapTokens}, without leading zeros, two of them as in 2-6, or ?.`,
      { try: `Write [MASK*3] for a gap of three tokens, or \\${marker} where it is text.` },
    );
  if (fewest > most)
    throw new UsageError(
      'bad-gap',
      `Cannot read the gap ${JSON.stringify(marker)}: it has at least ${fewest} tokens, and at most ${most}.`,
      { try: `Write [MASK*${most}-${fewest}] for a gap of ${most} to ${fewest} tokens.` },
    );
  return lengthsFrom(fewest, most);
}

function checkName(marker: string, name: string): void {
  if (!/^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u.test(name))
    throw new UsageError(
      'bad-gap',
      `Cannot read the gap ${JSON.stringify(marker)}: a name begins with a letter, and goes on with letters, digits, - and _.`,
      { try: `Write [MASK:name] for a gap with a name, or \\${marker} where it is text.` },
    );
}

/** Gaps of one name have one length: it is written at the first of them, or at each. */
function ofName(before: Gap | undefined, marker: string, written: Lengths | undefined): Lengths {
  const lengths = before ?? written ?? { tokens: 1 };
  if (before && written && (before.tokens !== written.tokens || before.most !== written.most))
    throw new UsageError(
      'bad-gap',
      `Cannot read the gap ${JSON.stringify(marker)}: the first gap of its name is ${before.marker}, of another length.`,
      { try: 'Write the length at the first of them only.' },
    );
  return lengthsFrom(lengths.tokens, lengths.most ?? lengths.tokens);
}

/** The text with so many tokens in each gap, as markers tell. */
export function fixLengths(text: string, lengths: readonly number[], options: ParseGapsOptions = {}): string {
  return withMarkers(text, (gap, i) => markerOf(gap, String(lengths[i])), options);
}

/** The marker of a gap with another length: `3`, `2-6`, `?`, or '' for none that is written. */
export function markerOf({ name }: Pick<Gap, 'name'>, length: string): string {
  return `[MASK${name === undefined ? '' : `:${name}`}${length === '' ? '' : `*${length}`}]`;
}

/** The text with other markers. @throws UsageError as `parseGaps` does */
export function withMarkers(
  text: string,
  marker: (gap: Gap, i: number) => string,
  options: ParseGapsOptions = {},
): string {
  const { segments, gaps } = parseGaps(text, options);
  return segments
    .map((segment, i) => escapeGaps(segment, options) + (gaps[i] ? marker(gaps[i], i) : ''))
    .join('');
}

function isLength(value: unknown): value is number {
  return isCount(value, 1) && value <= maxGapTokens;
}

/** @throws UsageError `gap-unfit` for a gap of unknown length, which only filling from the left knows */
export function refuseUnknownLengths(gaps: readonly Gap[], doing: string): void {
  const gap = gaps.find(({ most }) => most !== undefined);
  if (gap)
    throw new UsageError(
      'gap-unfit',
      `Cannot ${doing}: the gap ${gap.marker} has no length, and it has to have one here.`,
      { try: 'Write how many tokens it has, as in [MASK*3].' },
    );
}

/** @throws UsageError `gap-unfit` for a gap with a name */
export function refuseNames(gaps: readonly Gap[], doing: string): void {
  const gap = gaps.find(({ name }) => name !== undefined);
  if (gap)
    throw new UsageError(
      'gap-unfit',
      `Cannot ${doing}: the gap ${gap.marker} has a name, which is not read here.`,
      {
        try: 'Leave out the name.',
      },
    );
}

/** The text with a backslash before each marker: `parseGaps` reads it as text, the same. */
export function escapeGaps(text: string, options: ParseGapsOptions = {}): string {
  return text.replaceAll(markerPattern(options), (marker) => `\\${marker}`);
}

/**
 * A backslash directly before a marker makes it text: `\[MASK]` stands for [MASK] itself.
 * @throws UsageError `bad-gap` for [MASK*n] where n tells no number of tokens, or a name that is none; `context-too-long` for more
 * gaps than any model fills
 */
export function parseGaps(text: string, options: ParseGapsOptions = {}): ParsedGaps {
  const { maxLength = defaultMaxLength } = options;
  checkOption(
    'read gaps',
    'maxLength',
    maxLength,
    isLength(maxLength),
    `a whole number from 1 to ${maxGapTokens}`,
  );
  const segments: string[] = [];
  const gaps: Gap[] = [];
  const named = new Map<string, Gap>();
  let segment = '';
  let end = 0;
  let tokens = 0;
  for (const match of text.matchAll(markerPattern(options))) {
    const [whole, marker, name, written] = match as unknown as [string, string, string?, string?];
    segment += text.slice(end, match.index);
    end = match.index + whole.length;
    if (whole !== marker) {
      segment += marker;
      continue;
    }
    const lengths = written === undefined ? undefined : lengthsOf(marker, written, maxLength);
    if (name !== undefined) checkName(marker, name);
    const gap: Gap =
      name === undefined
        ? { ...(lengths ?? { tokens: 1 }), marker }
        : { ...ofName(named.get(name), marker, lengths), name, marker };
    if (name !== undefined && !named.has(name)) named.set(name, gap);
    tokens += gap.most ?? gap.tokens;
    if (tokens > mostTokens)
      throw new UsageError(
        'context-too-long',
        `Cannot read the text: its gaps have more than ${mostTokens} tokens.`,
        { try: 'Split the text.', facts: { mostTokens } },
      );
    gaps.push(gap);
    segments.push(segment);
    segment = '';
  }
  segments.push(segment + text.slice(end));
  return { segments, gaps };
}
