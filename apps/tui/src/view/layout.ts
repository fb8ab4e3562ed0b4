// How the rows of a screen are shared out: what is told comes first, then the lists, and the text gets the rest.
import { askFields } from '../state/ask-form.js';
import type { AppState } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut } from '../text/width.js';
import { wrapText } from '../text/wrap-text.js';

export interface Layout {
  /** Lines between the parts, where there is room for them. */
  readonly hasRules: boolean;
  readonly bodyRows: number;
  /** Candidates with their heading, or charts. */
  readonly lowerRows: number;
  /** What went wrong or should be known; undefined where there is nothing. */
  readonly notice: readonly string[] | undefined;
}

/** Header, meters and footer. */
const fixedRows = 3;
/** Rows of the text that a notice leaves. */
const leastBody = 1;

export function layoutOf(state: AppState): Layout {
  const { size, screen, infill } = state;
  const isRoomy = size.rows >= 18;
  const isEditing = screen === 'infill' && infill.isEditing && infill.form === undefined;
  const slider = screen === 'anneal' ? 1 : 0;
  const rules = isRoomy ? (isEditing ? 1 : 2) : 0;
  const free = size.rows - fixedRows - rules - slider;
  const notice = noticeLines(state, free - leastBody);
  const room = free - (notice?.length ?? 1) - leastBody;
  const lowerRows = Math.max(0, Math.min(wantedLower(state, isRoomy), room));
  return { hasRules: isRoomy, bodyRows: room + leastBody - lowerRows, lowerRows, notice };
}

function wantedLower({ size, screen, infill }: AppState, isRoomy: boolean): number {
  if (screen === 'anneal') return isRoomy ? Math.min(10, Math.floor(size.rows / 3)) : 1;
  // A line each and a heading; a text of two lines is always seen above.
  if (infill.form !== undefined) return isRoomy ? askFields.length + 1 : 4;
  if (infill.isEditing) return 0;
  return isRoomy ? 8 : 3;
}

function noticeLines({ notice, size }: AppState, most: number): string[] | undefined {
  if (notice === undefined) return undefined;
  const text = visible(notice.text.replaceAll('\n', ' '));
  const lines = wrapText(text, size.columns).map(({ start, end }) => text.slice(start, end).trimEnd());
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), cut(`${lines[most - 1]} …`, size.columns)];
}
