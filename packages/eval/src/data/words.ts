// Words of a text, and its parts of so many words: the units that systems of any vocabulary have in common.

/** Half open, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** A text, and which of its parts are masked: half open, ascending, apart from each other. */
export interface MaskedText {
  readonly text: string;
  readonly spans: readonly Span[];
}

/** What stands between white space. */
export function wordsOf(text: string): Span[] {
  return Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => [index, index + word.length] as const);
}

/** Parts of at most so many words, as they stand in the text. A last part of less than half as many is left out, but for the only one. */
export function windowsOf(text: string, words: number): string[] {
  const all = wordsOf(text);
  const windows: string[] = [];
  for (let first = 0; first < all.length; first += words) {
    const last = Math.min(first + words, all.length) - 1;
    if (first > 0 && last - first + 1 < words / 2) break;
    windows.push(text.slice(all[first]![0], all[last]![1]));
  }
  return windows;
}

/** Bytes of UTF-8 in the spans. */
export function bytesIn(text: string, spans: readonly Span[]): number {
  return spans.reduce((sum, [start, end]) => sum + Buffer.byteLength(text.slice(start, end)), 0);
}

/** Spans of words that follow each other on a line, as one span each. */
export function joinedSpans(text: string, spans: readonly Span[]): Span[] {
  const joined: [number, number][] = [];
  for (const [start, end] of spans) {
    const last = joined.at(-1);
    if (last && /^ ?$/.test(text.slice(last[1], start))) last[1] = end;
    else joined.push([start, end]);
  }
  return joined;
}
