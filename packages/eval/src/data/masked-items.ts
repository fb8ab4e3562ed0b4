// What is asked of every system: the texts of the data sets with the same parts masked.
import { DataError, type Vocabulary } from '@maria/core';
import { drawMask, type MaskPattern } from './draw-mask.js';
import type { DataSet, ProgramTest } from './item.js';
import { bytesIn, type MaskedText, type Span, windowsOf, wordsOf } from './words.js';

export interface MaskSettings {
  /** `given`: the gaps that the data set has itself. */
  readonly pattern: MaskPattern | 'given';
  /** Parts of the units that are masked; of no account for `given`. */
  readonly rates: readonly number[];
  /** Mean words of a span. */
  readonly meanSpan: number;
  readonly seed: number;
  /** Words of a window, and most windows of a document. */
  readonly words: number;
  readonly windows: number;
}

export interface MaskedItem {
  readonly data: string;
  /** Its document in the data set, and its window in that. */
  readonly document: number;
  readonly window: number;
  /** Undefined for gaps that were given. */
  readonly rate: number | undefined;
  readonly masked: MaskedText;
  /** Masked words, or tokens where those are drawn. */
  readonly units: number;
  /** Bytes of UTF-8 that are masked. */
  readonly bytes: number;
  /** Of the text among all of its data set: its noise. */
  readonly number: number;
  readonly id?: string;
  readonly program?: ProgramTest;
}

type Tokenizer = Pick<Vocabulary, 'tokenize'>;

/** In the order of the data sets, their rates and their texts. Texts of a single word, of which nothing may be masked, are left out. @throws DataError when nothing is masked at all */
export async function maskedItems(
  sets: readonly DataSet[],
  mask: MaskSettings,
  tokenizer: Tokenizer,
): Promise<MaskedItem[]> {
  const all: MaskedItem[] = [];
  for (const set of sets)
    all.push(...(mask.pattern === 'given' ? givenItems(set) : await drawnItems(set, mask, tokenizer)));
  if (all.length > 0) return all;
  const fact = mask.pattern === 'given' ? 'has gaps of its own' : 'is longer than a word';
  throw new DataError('nothing-masked', `Cannot mask the data: no text ${fact}.`);
}

function givenItems({ name, items }: DataSet): MaskedItem[] {
  return items.flatMap(({ text, gaps, id, program }, document) =>
    gaps === undefined
      ? []
      : [
          {
            data: name,
            document,
            window: 0,
            rate: undefined,
            masked: { text, spans: gaps },
            units: Math.max(1, wordsIn(text, gaps)),
            bytes: bytesIn(text, gaps),
            number: document,
            ...(id !== undefined && { id }),
            ...(program && { program }),
          },
        ],
  );
}

function wordsIn(text: string, spans: readonly Span[]): number {
  return spans.reduce((sum, [start, end]) => sum + wordsOf(text.slice(start, end)).length, 0);
}

async function drawnItems(
  { name, items }: DataSet,
  { pattern, rates, meanSpan, seed, words, windows }: MaskSettings,
  tokenizer: Tokenizer,
): Promise<MaskedItem[]> {
  const texts = items.flatMap(({ text }, document) =>
    windowsOf(text, words)
      .slice(0, windows)
      .map((part, window) => ({ part, document, window })),
  );
  const units = await Promise.all(
    texts.map(({ part }) => (pattern === 'tokens' ? tokensOf(part, tokenizer) : wordsOf(part))),
  );
  return rates.flatMap((rate) =>
    texts.flatMap(({ part, document, window }, number) => {
      const spans = drawMask({
        units: units[number]!.length,
        rate,
        meanSpan: pattern === 'spans' ? meanSpan : undefined,
        seed,
        number,
      }).map((unit) => units[number]![unit]!);
      if (spans.length === 0) return [];
      const masked = { text: part, spans };
      return [
        {
          data: name,
          document,
          window,
          rate,
          masked,
          units: spans.length,
          bytes: bytesIn(part, spans),
          number,
        },
      ];
    }),
  );
}

/** Ranges of tokens without the white space that they carry; tokens that share a character are one. */
async function tokensOf(text: string, tokenizer: Tokenizer): Promise<Span[]> {
  const { starts, ends } = await tokenizer.tokenize(text, { specialTokens: false });
  const spans: Span[] = [];
  for (const [i, start] of starts.entries()) {
    const written = text.slice(start, ends[i]);
    const from = start + written.length - written.trimStart().length;
    const to = start + written.trimEnd().length;
    if (to > from && from >= (spans.at(-1)?.[1] ?? 0)) spans.push([from, to]);
  }
  return spans;
}
