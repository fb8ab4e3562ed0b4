// Colours fills by how sure the model was of them.
import type { FilledGap } from '@maria/core';
import { type Color, paint } from '../terminal.js';

/** Least probability of each colour; what is below all of them is red. Told in the help of --color. */
const confidenceLevels: readonly { readonly least: number; readonly color: Color }[] = [
  { least: 0.5, color: 'green' },
  { least: 0.1, color: 'yellow' },
];

/** The text with coloured fills, from the caller's own pieces of it around the gaps. */
export function colorFills(segments: readonly string[], gaps: readonly FilledGap[]): string {
  return segments.map((segment, i) => (gaps[i] ? segment + colorFill(gaps[i]) : segment)).join('');
}

function colorFill({ text, probabilities }: FilledGap): string {
  const level = confidenceLevels.find(({ least }) => confidence(probabilities) >= least);
  return paint(text, level?.color ?? 'red');
}

/** Geometric mean, so that long fills are not less sure only for being long. */
function confidence(probabilities: readonly number[]): number {
  const sum = probabilities.reduce((total, p) => total + Math.log(p), 0);
  return Math.exp(sum / probabilities.length);
}
