// The text with gaps while it is typed.
import { parseGaps } from '@maria/core';
import { lineOf } from '../state/draft.js';
import type { Theme } from '../view/theme.js';
import { visible } from '../view/visible.js';
import { wrapText } from '../view/wrap-text.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

const cursorMark = '▏';

export function Editor({ state, theme, rows }: ViewProps & { readonly rows: number }) {
  const { draft, cursor, isEditing } = state.infill;
  const { columns } = state.size;
  if (draft === '') {
    const hint = ['Type a text with gaps: [MASK] for one', 'token, [MASK*3] for three. Then Enter.'];
    if (state.isReplay) return <Lines lines={blank([], rows)} />;
    const lines = isEditing ? [cursorMark, '', ...hint] : ['No text yet: e to type one.'];
    return <Lines lines={blank(lines.slice(0, rows), rows)} />;
  }
  // The mark of the cursor takes a cell of its own.
  const lines = wrapText(draft, columns - 1);
  const at = lineOf(lines, cursor);
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), lines.length - rows));
  const shown = lines.slice(first, first + rows).map(({ start, end }, i) => {
    const text = draft.slice(start, end);
    if (first + i !== at || !isEditing) return paintGaps(text, theme);
    return `${paintGaps(draft.slice(start, cursor), theme)}${cursorMark}${paintGaps(draft.slice(cursor, end), theme)}`;
  });
  return <Lines lines={blank(shown, rows)} />;
}

/** Gaps in colour; one that is broken over two lines, or not complete yet, is as other text. */
function paintGaps(text: string, theme: Theme): string {
  try {
    const { segments, gaps } = parseGaps(text);
    return segments
      .map((segment, i) => visible(segment) + theme.paint(gaps[i]?.marker ?? '', 'accent'))
      .join('');
  } catch {
    return visible(text);
  }
}

function blank(lines: readonly string[], rows: number): string[] {
  return [...lines, ...Array<string>(Math.max(0, rows - lines.length)).fill('')];
}
