// From text around gaps to token ids with the mask id in the gaps.
import type { ParsedGaps } from './gaps.js';
import type { Vocabulary } from './vocabulary.js';

/** Where a gap's tokens are: `length` of them from `position` on. */
export interface GapSpan {
  readonly position: number;
  readonly length: number;
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

/**
 * Whether the space that ends `segment` is left to the gap after it. Byte-level vocabularies write a word together with
 * the space before it, so a gap for a word holds that space; the text keeps it.
 */
export function givesSpaceToGap(segment: string): boolean {
  return segment.endsWith(' ');
}

function beforeGap(segment: string): string {
  return givesSpaceToGap(segment) ? segment.slice(0, -1) : segment;
}

/** Ids of each part, one after the other, and where each part begins. */
function concatenate(parts: readonly ArrayLike<number>[]): { ids: Int32Array; starts: number[] } {
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.length;
  }
  const ids = new Int32Array(length);
  parts.forEach((part, i) => {
    ids.set(part, starts[i]!);
  });
  return { ids, starts };
}

/** Each segment is encoded on its own; one space directly before a gap belongs to the gap's first token. */
export function encodeGaps({ segments, gaps }: ParsedGaps, vocabulary: Vocabulary): EncodedGaps {
  const parts = segments.flatMap((segment, i): ArrayLike<number>[] => {
    const gap = gaps[i];
    if (!gap) return [vocabulary.encode(segment)];
    return [vocabulary.encode(beforeGap(segment)), new Int32Array(gap.tokens).fill(vocabulary.maskId)];
  });
  const { ids, starts } = concatenate(parts);
  return { ids, gaps: gaps.map(({ tokens }, i) => ({ position: starts[2 * i + 1]!, length: tokens })) };
}

/**
 * The original ids of a text of which some pieces are masked, for scoring, and the positions of the masked tokens.
 * Pieces are encoded as gaps and their fills are: a masked piece takes one space directly before it.
 */
export function encodePieces(
  pieces: readonly TextPiece[],
  vocabulary: Vocabulary,
): { ids: Int32Array; masked: readonly number[] } {
  const parts = pieces.map(({ text, masked }, i) => {
    const previous = pieces[i - 1];
    const taken = masked && previous && !previous.masked && givesSpaceToGap(previous.text) ? ' ' : '';
    const given = !masked && pieces[i + 1]?.masked;
    return vocabulary.encode(taken + (given ? beforeGap(text) : text));
  });
  const { ids, starts } = concatenate(parts);
  const masked = pieces.flatMap((piece, i) =>
    piece.masked ? Array.from(parts[i]!, (_, index) => starts[i]! + index) : [],
  );
  return { ids, masked };
}
