// The text of a completion while its tokens come: what is sure of it is told, up to a stop sequence.
import { type ParsedGaps, splice, type Vocabulary } from '@maria/core';

export interface GrowingTextOptions {
  /** Whether the text around the gaps is told too, or only what fills the first. */
  readonly whole: boolean;
  /** The text ends before the first of them. */
  readonly stop: readonly string[];
}

export class GrowingText {
  /** All that was told. */
  told = '';
  /** A stop sequence came. */
  isStopped = false;
  readonly #fills: number[][] = [];
  readonly #pieces: ParsedGaps;
  readonly #vocabulary: Pick<Vocabulary, 'decode'>;
  readonly #options: GrowingTextOptions;

  constructor(pieces: ParsedGaps, vocabulary: Pick<Vocabulary, 'decode'>, options: GrowingTextOptions) {
    this.#pieces = pieces;
    this.#vocabulary = vocabulary;
    this.#options = options;
  }

  /** A gap has its next token. @returns the text that is to be told */
  add(gap: number, id: number): string {
    const fill = this.#fills[gap] ?? [];
    this.#fills[gap] = fill;
    fill.push(id);
    // A character that is not whole yet reads U+FFFD.
    return this.#tell(this.#textTo(gap).replace(/\uFFFD{1,3}$/, ''), false);
  }

  /** All gaps are filled. @param text as infilling tells it @returns what was not told yet */
  end(text: string): string {
    return this.#tell(text, true);
  }

  /** The text up to what is filled of a gap, and the text after it where that is whole. */
  #textTo(gap: number): string {
    const { segments, gaps } = this.#pieces;
    const isFilled = this.#fills[gap]!.length === gaps[gap]!.tokens;
    const after = this.#options.whole && isFilled ? segments[gap + 1]! : '';
    const { text, fills } = splice([...segments.slice(0, gap + 1), after], this.#fills, this.#vocabulary);
    return this.#options.whole ? text : fills[0]!;
  }

  #tell(text: string, isAll: boolean): string {
    if (this.isStopped) return '';
    const cut = endBefore(text, this.#options.stop);
    if (cut !== undefined) this.isStopped = true;
    const sure = cut ?? (isAll ? text.length : text.length - startsOfStop(text, this.#options.stop));
    if (sure <= this.told.length || !text.startsWith(this.told)) return '';
    const told = text.slice(this.told.length, sure);
    this.told += told;
    return told;
  }
}

/** Where a text ends that holds a stop sequence. */
function endBefore(text: string, stop: readonly string[]): number | undefined {
  const places = stop.map((one) => text.indexOf(one)).filter((place) => place >= 0);
  return places.length > 0 ? Math.min(...places) : undefined;
}

/** How many of the last characters may be the beginning of a stop sequence. */
function startsOfStop(text: string, stop: readonly string[]): number {
  const lengths = stop.map((one) => {
    let length = Math.min(one.length - 1, text.length);
    while (length > 0 && !text.endsWith(one.slice(0, length))) length--;
    return length;
  });
  return Math.max(0, ...lengths);
}
