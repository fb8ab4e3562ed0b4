// The sequence, token by token.
import type { Cell } from '../view/cell.js';
import { cellLines } from '../view/cell-lines.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function Cells({
  state,
  theme,
  cells,
  rows,
}: ViewProps & { readonly cells: readonly Cell[]; readonly rows: number }) {
  const lines = cellLines(cells, { columns: state.size.columns, rows, theme });
  return <Lines lines={[...lines, ...Array<string>(Math.max(0, rows - lines.length)).fill('')]} />;
}
