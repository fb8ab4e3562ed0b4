// Which units of a text are masked: a pure function of the seed, the text's number and the rate, whatever systems there are.
import { type RandomKey, recordKey } from '@maria/core';

export const maskPatterns = ['words', 'spans', 'tokens'] as const;
export type MaskPattern = (typeof maskPatterns)[number];

export interface MaskDraw {
  /** Units of the text. The first is never masked: an AR model may have nothing to read before it. */
  readonly units: number;
  /** Part of the units that is masked, above 0 and below 1. */
  readonly rate: number;
  /** Mean units of a span; without it each unit is drawn on its own. */
  readonly meanSpan?: number | undefined;
  readonly seed: number;
  /** Of the text in its data set. */
  readonly number: number;
}

/** Samples of `recordKey`, so that the two kinds of masks have nothing in common. */
const samples = { units: 0x6d61736b, spans: 0x7370616e } as const;

/**
 * Masked units, ascending: exactly round(rate · units) of them, at least one and at most all but the first. Masks of one text at two rates lie
 * in one another, where units are drawn on their own.
 */
export function drawMask({ units, rate, meanSpan, seed, number }: MaskDraw): number[] {
  const free = units - 1;
  if (free < 1) return [];
  const count = Math.min(free, Math.max(1, Math.round(rate * units)));
  const masked =
    meanSpan === undefined
      ? drawUnits(free, count, recordKey(seed, number, samples.units))
      : drawSpans(free, count, meanSpan, recordKey(seed, number, samples.spans));
  return masked.map((unit) => unit + 1);
}

/** The units with the lowest numbers. */
function drawUnits(free: number, count: number, key: RandomKey): number[] {
  const draws = Array.from({ length: free }, (_, unit) => key.uniform(0, unit));
  return [...draws.keys()]
    .sort((a, b) => draws[a]! - draws[b]!)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** Spans of geometric lengths, put between the units that stay, any place as likely as another; two in one place become one. */
function drawSpans(free: number, count: number, mean: number, key: RandomKey): number[] {
  const lengths: number[] = [];
  for (let sum = 0; sum < count; sum += lengths.at(-1)!) {
    const uniform = key.uniform(0, lengths.length);
    const length = mean <= 1 ? 1 : 1 + Math.floor(Math.log(uniform) / Math.log(1 - 1 / mean));
    lengths.push(Math.min(length, count - sum));
  }
  const stay = free - count;
  const places = lengths
    .map((_, span) => Math.floor(key.uniform(1, span) * (stay + 1)))
    .sort((a, b) => a - b);
  let before = 0;
  return lengths.flatMap((length, span) => {
    const start = places[span]! + before;
    before += length;
    return Array.from({ length }, (_, i) => start + i);
  });
}
