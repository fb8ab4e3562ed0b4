// What is shown while the terminal has no room for a screen.
import type { Size } from '../state/state.js';
import { Line } from './lines.js';

export const smallest = { columns: 40, rows: 10 };

export function TooSmall({ size: { columns, rows } }: { readonly size: Size }) {
  const lines = [
    `The terminal has ${columns}×${rows} cells,`,
    `${smallest.columns}×${smallest.rows} are needed.`,
    'Make it larger, or Ctrl-C to quit.',
  ];
  return lines.slice(0, rows).map((line) => <Line key={line}>{line}</Line>);
}
