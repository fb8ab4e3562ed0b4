// Reads gap markers: [MASK], [MASK*3], the model's own mask token, and ___ where that is asked for.
import { UsageError } from '../errors.js';

/** Most tokens of one gap. */
export const maxGapTokens = 4096;

/** Most tokens of all gaps of a text: far above what any model fills. */
const mostTokens = 2 ** 16;

export interface Gap {
  /** How many tokens fill it. */
  readonly tokens: number;
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
}

/** A count is at most this long: the bound keeps the search linear in text full of "[MASK*". */
const mask = String.raw`\[MASK(?:\*([^\]\r\n]{0,32}))?\]`;
const underscoreRun = '_{3,}';

function markerPattern({ underscores = false, maskToken = '' }: ParseGapsOptions): RegExp {
  const own = maskToken.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(
    `\\\\?(${[mask, ...(own ? [own] : []), ...(underscores ? [underscoreRun] : [])].join('|')})`,
    'g',
  );
}

function countOf(marker: string, written: string | undefined): number {
  if (written === undefined) return 1;
  const count = Number(written);
  if (!/^[1-9]\d*$/.test(written) || count > maxGapTokens)
    throw new UsageError(
      'bad-gap',
      `Cannot read the gap ${JSON.stringify(marker)}: the number of tokens is a whole number from 1 to ${maxGapTokens}, without leading zeros.`,
      { try: `Write [MASK*3] for a gap of three tokens, or \\${marker} where it is text.` },
    );
  return count;
}

/** The text with a backslash before each marker: `parseGaps` reads it as text, the same. */
export function escapeGaps(text: string, options: ParseGapsOptions = {}): string {
  return text.replaceAll(markerPattern(options), (marker) => `\\${marker}`);
}

/**
 * A backslash directly before a marker makes it text: `\[MASK]` stands for [MASK] itself.
 * @throws UsageError `bad-gap` for [MASK*n] where n is not a number of tokens; `context-too-long` for more gaps than any model fills
 */
export function parseGaps(text: string, options: ParseGapsOptions = {}): ParsedGaps {
  const segments: string[] = [];
  const gaps: Gap[] = [];
  let segment = '';
  let end = 0;
  let tokens = 0;
  for (const match of text.matchAll(markerPattern(options))) {
    const [whole, marker, written] = match as unknown as [string, string, string | undefined];
    segment += text.slice(end, match.index);
    end = match.index + whole.length;
    if (whole !== marker) {
      segment += marker;
      continue;
    }
    const count = countOf(marker, written);
    tokens += count;
    if (tokens > mostTokens)
      throw new UsageError(
        'context-too-long',
        `Cannot read the text: its gaps have more than ${mostTokens} tokens.`,
        { try: 'Split the text.', facts: { mostTokens } },
      );
    gaps.push({ tokens: count, marker });
    segments.push(segment);
    segment = '';
  }
  segments.push(segment + text.slice(end));
  return { segments, gaps };
}
