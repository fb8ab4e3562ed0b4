// What is shown while the terminal has no room for a screen.
import { fit } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export const smallest = { columns: 40, rows: 10 };

export function TooSmall({ state }: ViewProps) {
  const { columns, rows } = state.size;
  const lines = [
    `The terminal has ${columns}×${rows} cells,`,
    `${smallest.columns}×${smallest.rows} are needed.`,
    'Make it larger, or Ctrl-C to quit.',
  ];
  return <Lines lines={lines.slice(0, rows).map((line) => fit(line, columns))} />;
}
