// Editing the text with gaps: pure functions of the draft and the cursor.
import { type TextLine, wrapText } from '../text/wrap-text.js';
import type { EditIntent } from './actions.js';

export interface Draft {
  readonly draft: string;
  /** UTF-16 offset, always between two graphemes. */
  readonly cursor: number;
}

/** @param columns width at which the draft is wrapped: up and down go by what is seen */
export function editDraft(before: Draft, intent: EditIntent, columns: number): Draft {
  const { draft, cursor } = before;
  switch (intent.type) {
    case 'insert':
      return {
        draft: draft.slice(0, cursor) + intent.text + draft.slice(cursor),
        cursor: cursor + intent.text.length,
      };
    case 'delete-backward': {
      const start = previousBoundary(draft, cursor);
      return { draft: draft.slice(0, start) + draft.slice(cursor), cursor: start };
    }
    case 'delete-forward':
      return { draft: draft.slice(0, cursor) + draft.slice(nextBoundary(draft, cursor)), cursor };
    case 'clear-draft':
      return { draft: '', cursor: 0 };
    case 'move-cursor':
      return { draft, cursor: movedCursor(before, intent, columns) };
  }
}

function movedCursor(
  { draft, cursor }: Draft,
  { to, lines: count = 1 }: Extract<EditIntent, { type: 'move-cursor' }>,
  columns: number,
): number {
  if (to === 'left') return previousBoundary(draft, cursor);
  if (to === 'right') return nextBoundary(draft, cursor);
  const lines = wrapText(draft, columns);
  const at = lineOf(lines, cursor);
  const line = lines[at]!;
  if (to === 'line-start') return line.start;
  if (to === 'line-end') return line.end;
  const other = lines[Math.max(0, Math.min(lines.length - 1, at + (to === 'up' ? -count : count)))]!;
  if (other === line) return cursor;
  return alongLine(draft, other, cursor - line.start);
}

/** The line that the cursor is drawn on. */
export function lineOf(lines: readonly TextLine[], cursor: number): number {
  const after = lines.findIndex(({ start }) => start > cursor);
  return (after < 0 ? lines.length : after) - 1;
}

/** The offset that is `distance` into the line, or less where the line is shorter, between two graphemes. */
function alongLine(draft: string, { start, end }: TextLine, distance: number): number {
  const wanted = Math.min(end, start + distance);
  let at = start;
  for (let next = nextBoundary(draft, at); next <= wanted && next > at; next = nextBoundary(draft, at))
    at = next;
  return at;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** No grapheme that people type is longer; bounds the work of a key in a long text. */
const reach = 64;

function nextBoundary(text: string, from: number): number {
  const [first] = graphemes.segment(text.slice(from, from + reach));
  return from + (first?.segment.length ?? 0);
}

function previousBoundary(text: string, from: number): number {
  const window = text.slice(Math.max(0, from - reach), from);
  const last = [...graphemes.segment(window)].at(-1);
  return from - (last?.segment.length ?? 0);
}
