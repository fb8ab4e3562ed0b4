// The sequence, token by token.
import { useContext } from 'react';
import type { AppState } from '../state/state.js';
import type { Cell } from '../view/cell.js';
import { cellLines } from '../view/cell-lines.js';
import { Lines } from './lines.js';
import { ThemeContext } from './paint.js';

export function Cells({
  state,
  cells,
  rows,
}: {
  readonly state: AppState;
  readonly cells: readonly Cell[];
  readonly rows: number;
}) {
  const theme = useContext(ThemeContext);
  return <Lines lines={cellLines(cells, { columns: state.size.columns, rows, theme })} rows={rows} />;
}
