// Colours fills by how sure the model was of them.
import type { FilledGap } from '@maria/core';
import { confidenceLevel } from '@maria/core/confidence';
import { type Color, paint } from '../terminal.js';

/** Told in the help of --color. */
const colors = { high: 'green', middle: 'yellow', low: 'red' } as const satisfies Record<string, Color>;

/** The text with coloured fills, from the caller's own pieces of it around the gaps. */
export function colorFills(segments: readonly string[], gaps: readonly FilledGap[]): string {
  return segments.map((segment, i) => (gaps[i] ? segment + colorFill(gaps[i]) : segment)).join('');
}

function colorFill({ text, probabilities }: FilledGap): string {
  return paint(text, colors[confidenceLevel(confidence(probabilities))]);
}

/** Geometric mean, so that long fills are not less sure only for being long. */
function confidence(probabilities: readonly number[]): number {
  const sum = probabilities.reduce((total, p) => total + Math.log(p), 0);
  return Math.exp(sum / probabilities.length);
}
