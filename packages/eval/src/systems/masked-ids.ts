// A masked text in the tokens of a vocabulary: those that touch a span are masked.
import { type Alignment, encodePieces, type TextPiece, type Vocabulary } from '@maria/core';
import type { MaskedText, Span } from '../data/words.js';

export interface MaskedIds {
  /** Of the original text. */
  readonly ids: Int32Array;
  /** Ascending. */
  readonly masked: readonly number[];
}

/** @throws UsageError `span-invalid` for a span that no token stands for */
export async function maskedIds(
  { text, spans }: MaskedText,
  { vocabulary, alignment }: { readonly vocabulary: Vocabulary; readonly alignment: Alignment },
): Promise<MaskedIds> {
  const prefixes = [alignment.arPrefix, alignment.mlmPrefix];
  return encodePieces(piecesOf(text, spans), vocabulary, { prefixes });
}

/** The text as pieces, masked ones and others in turn. */
export function piecesOf(text: string, spans: readonly Span[]): TextPiece[] {
  const pieces: TextPiece[] = [];
  let at = 0;
  for (const [start, end] of spans) {
    pieces.push(
      { text: text.slice(at, start), masked: false },
      { text: text.slice(start, end), masked: true },
    );
    at = end;
  }
  pieces.push({ text: text.slice(at), masked: false });
  return pieces;
}
