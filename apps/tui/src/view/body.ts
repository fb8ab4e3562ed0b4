// The text of a run as lines: the part of it that is shown, and how long it is.
import type { AppState } from '../state/state.js';
import { annealCells } from './anneal-cells.js';
import type { Cell } from './cell.js';
import { type CellLines, cellLines } from './cell-lines.js';
import { infillCells } from './infill-cells.js';
import { layoutOf } from './layout.js';
import type { Theme } from './theme.js';

/** undefined where the text is still that of the editor. */
export function bodyLines(state: AppState, theme: Theme): CellLines | undefined {
  const cells = cellsOf(state);
  if (cells === undefined) return undefined;
  const { columns } = state.size;
  return cellLines(cells, { columns, rows: layoutOf(state).bodyRows, theme, first: state.firstLine });
}

function cellsOf({ screen, infill, anneal, model, system }: AppState): Cell[] | undefined {
  const { vocabulary } = model;
  if (screen === 'anneal') return vocabulary === undefined ? [] : annealCells(anneal, vocabulary);
  const { run, isEditing } = infill;
  return isEditing || run === undefined || vocabulary === undefined
    ? undefined
    : infillCells(infill, run, { vocabulary, system });
}
