// Puts the fills into the caller's text. The caller's own text is never decoded, so it comes back byte for byte.
import type { Vocabulary } from './vocabulary.js';

export interface Spliced {
  /** segments[0] fills[0] segments[1] … segments[n] */
  readonly text: string;
  /** Each gap's fill as it stands in the text. */
  readonly fills: readonly string[];
}

type Decoding = Pick<Vocabulary, 'decode'>;

/** How long the two are the same. */
function commonLength(prefix: string, text: string): number {
  let length = 0;
  while (length < prefix.length && prefix[length] === text[length]) length++;
  return length;
}

/**
 * The text of gaps that follow each other directly. They are decoded together, as a character may be split over the last
 * token of one and the first of the next; it then counts to the gap that completes it.
 */
function decodeTogether(
  fills: readonly (readonly number[])[],
  vocabulary: Decoding,
  continues: boolean,
): string[] {
  const decode = (ids: readonly number[]) => vocabulary.decode(ids, { continues });
  if (fills.length === 1) return [decode(fills[0]!)];
  const text = decode(fills.flat());
  const ids: number[] = [];
  let end = 0;
  return fills.map((fill, i) => {
    const start = end;
    ids.push(...fill);
    end = i === fills.length - 1 ? text.length : Math.max(start, commonLength(decode(ids), text));
    return text.slice(start, end);
  });
}

/** Whether a gap's text loses a space that it begins with. */
export function dropsSpace(segments: readonly string[], gap: number): boolean {
  const before = segments[gap]!;
  return (gap === 0 && before === '') || /[ \r\n]$/.test(before);
}

/** The text already has the space, or has no use for one: after a space, at its very start and at the start of a line. */
function withoutLeadingSpace(texts: readonly string[]): string[] {
  const first = texts.findIndex((text) => text !== '');
  return texts.map((text, i) => (i === first && text.startsWith(' ') ? text.slice(1) : text));
}

/**
 * The whole text for the token ids of each gap; `segments` are one more than `fills`. A fill is decoded as it stands in the text.
 * A fill that is no valid UTF-8 shows U+FFFD in its own place only.
 * @throws RangeError if the numbers of segments and fills do not fit
 */
export function splice(
  segments: readonly string[],
  fills: readonly (readonly number[])[],
  vocabulary: Decoding,
): Spliced {
  if (segments.length !== fills.length + 1)
    throw new RangeError(`${segments.length} segments do not fit ${fills.length} fills: one more is needed`);
  const texts: string[] = [];
  while (texts.length < fills.length) {
    const start = texts.length;
    let end = start + 1;
    while (end < fills.length && segments[end] === '') end++;
    const isStart = start === 0 && segments[0] === '';
    const group = decodeTogether(fills.slice(start, end), vocabulary, !isStart);
    texts.push(...(dropsSpace(segments, start) ? withoutLeadingSpace(group) : group));
  }
  return { text: segments.map((segment, i) => segment + (texts[i] ?? '')).join(''), fills: texts };
}
