// Cells in lines: wrapped to a width, with the selected one in sight. Ink wraps words and scrolls nothing: here a word is several tokens,
// each with its own style, and the lines around one of them are shown.

import { confidenceLevel } from '@maria/core/confidence';
import { visible } from '../text/visible.js';
import { cut, widthOf } from '../text/width.js';
import type { Cell } from './cell.js';
import { confidenceMark, type Style, type Theme } from './theme.js';

export interface CellArea {
  readonly columns: number;
  readonly rows: number;
  readonly theme: Theme;
  /** First line to show, as far as there are lines. @default those around the cell that is selected or being filled */
  readonly first?: number | undefined;
}

export interface CellLines {
  /** At most `rows` painted lines. */
  readonly shown: readonly string[];
  /** Which line of how many is the first of them. */
  readonly first: number;
  readonly count: number;
}

export function cellLines(cells: readonly Cell[], area: CellArea): CellLines {
  const { lines, focus } = layOut(cells, area);
  const wanted = area.first ?? focus - Math.floor(area.rows / 2);
  const first = Math.max(0, Math.min(wanted, lines.length - area.rows));
  const shown = lines.slice(first, first + area.rows).map((line) => line.join(''));
  return { shown, first, count: lines.length };
}

function layOut(cells: readonly Cell[], { columns, theme }: CellArea) {
  const texts = cells.map((cell) => shownText(cell, theme));
  const hasSelection = cells.some(({ isSelected }) => isSelected);
  const lines: string[][] = [[]];
  let used = 0;
  let focus = 0;
  // A space that begins a line of the text is the text's own; at the start, and where a line is wrapped here, it is not needed.
  let dropsSpace = true;
  const breakLine = (isWrapped: boolean) => {
    lines.push([]);
    used = 0;
    dropsSpace = isWrapped;
  };
  const place = (text: string, cell: Cell) => {
    const shown = cut(text, columns);
    lines.at(-1)!.push(paintCell(shown, cell, theme));
    used += widthOf(shown);
  };
  for (const [i, cell] of cells.entries()) {
    const [text = '', ...below] = texts[i]!.split('\n');
    const word = i === 0 || text.startsWith(' ') ? wordWidth(texts, i) : 0;
    // A word stays whole where it can; a token that is no word's first goes where there is room.
    const wanted = word <= columns ? Math.max(word, widthOf(text)) : widthOf(text);
    if (used > 0 && used + wanted > columns) breakLine(true);
    place(used === 0 && dropsSpace && (cell.kind !== 'given' || i > 0) ? text.replace(/^ /, '') : text, cell);
    if (cell.isSelected || (cell.kind === 'next' && !hasSelection)) focus = lines.length - 1;
    for (const line of below) {
      breakLine(false);
      if (line !== '') place(line, cell);
    }
  }
  return { lines, focus };
}

/** Cells up to the next token that begins with a space, or to the next line break. */
function wordWidth(texts: readonly string[], first: number): number {
  let width = 0;
  for (let i = first; i < texts.length; i++) {
    const text = texts[i]!;
    if (i > first && text.startsWith(' ')) break;
    const end = text.indexOf('\n');
    width += widthOf(end < 0 ? text : text.slice(0, end));
    if (end >= 0) break;
  }
  return width;
}

/** The token, with marks in place of what colours would tell. Line breaks are shown and kept. */
function shownText(cell: Cell, { hasColor }: Theme): string {
  if (cell.kind === 'masked') return ' ░░░';
  if (cell.kind === 'next') return ' ▒▒▒';
  const text = visible(cell.text.replaceAll('\n', '↵\n'));
  if (cell.kind === 'given') return text;
  if (cell.kind === 'drafted') return hasColor ? text : text.replace(/[^ \n]+/, '$&?');
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
  if (cell.kind === 'masked' || cell.kind === 'drafted') styles.push('dim');
  else if (cell.kind === 'next') styles.push('accent');
  else if (cell.isPinned) styles.push('pinned');
  else if (cell.kind === 'filled' && cell.confidence !== undefined)
    styles.push(confidenceLevel(cell.confidence));
  if (cell.isFresh && cell.kind === 'filled') styles.push('fresh');
  if (cell.isSelected) styles.push('selected');
  else if (cell.isMarked) styles.push('marked');
  return styles;
}
