// Cells in lines: wrapped to a width, with the selected one in sight.
import type { Cell } from './cell.js';
import { confidenceMark, confidenceStyle, type Style, type Theme } from './theme.js';
import { visible } from './visible.js';
import { cut, widthOf } from './width.js';

export interface CellArea {
  readonly columns: number;
  readonly rows: number;
  readonly theme: Theme;
}

/** At most `rows` painted lines, those around the cell that is selected or being filled. */
export function cellLines(cells: readonly Cell[], area: CellArea): string[] {
  const { lines, focus } = layOut(cells, area);
  const first = Math.max(0, Math.min(focus - Math.floor(area.rows / 2), lines.length - area.rows));
  return lines.slice(first, first + area.rows).map((line) => line.join(''));
}

function layOut(cells: readonly Cell[], { columns, theme }: CellArea) {
  const lines: string[][] = [[]];
  let used = 0;
  let focus = 0;
  const breakLine = () => {
    lines.push([]);
    used = 0;
  };
  for (const cell of cells) {
    const [text = '', ...below] = shownText(cell, theme).split('\n');
    const shown = cut(text, columns);
    if (used > 0 && used + widthOf(shown) > columns) breakLine();
    // A space between words is not needed where the line begins.
    const placed = used === 0 && cell.kind !== 'given' ? shown.replace(/^ /, '') : shown;
    lines.at(-1)!.push(paintCell(placed, cell, theme));
    used += widthOf(placed);
    if (cell.isSelected || (cell.kind === 'next' && !cells.some(({ isSelected }) => isSelected)))
      focus = lines.length - 1;
    for (const line of below) {
      breakLine();
      if (line === '') continue;
      const rest = cut(line, columns);
      lines.at(-1)!.push(paintCell(rest, cell, theme));
      used = widthOf(rest);
    }
  }
  return { lines, focus };
}

/** The token, with marks in place of what colours would tell. Line breaks are shown and kept. */
function shownText(cell: Cell, { hasColor }: Theme): string {
  if (cell.kind === 'masked') return ' ░░░';
  if (cell.kind === 'next') return ' ▒▒▒';
  const text = visible(cell.text.replaceAll('\n', '↵\n'));
  if (cell.kind === 'given') return text;
  const [, spaces = '', word = '', below = ''] = /^( *)([^\n]*)(.*)$/s.exec(text) ?? [];
  const pinned = cell.isPinned ? `‹${word}›` : word;
  if (hasColor) return spaces + pinned + below;
  const mark = cell.confidence === undefined ? '' : confidenceMark(cell.confidence);
  const marked = cell.isSelected || cell.isMarked ? `[${pinned}${mark}]` : pinned + mark;
  return spaces + marked + below;
}

function paintCell(text: string, cell: Cell, theme: Theme): string {
  const spaces = /^ */.exec(text)![0];
  return spaces + theme.paint(text.slice(spaces.length), ...stylesOf(cell));
}

function stylesOf(cell: Cell): Style[] {
  const styles: Style[] = [];
  if (cell.kind === 'masked') styles.push('dim');
  else if (cell.kind === 'next') styles.push('accent');
  else if (cell.isPinned) styles.push('pinned');
  else if (cell.kind === 'filled' && cell.confidence !== undefined)
    styles.push(confidenceStyle(cell.confidence));
  if (cell.isFresh && cell.kind === 'filled') styles.push('fresh');
  if (cell.isSelected) styles.push('selected');
  else if (cell.isMarked) styles.push('marked');
  return styles;
}
