// The text with gaps while it is typed.
import { parseGaps } from '@maria/core';
import { Fragment, type ReactNode } from 'react';
import { lineOf } from '../state/draft.js';
import type { AppState } from '../state/state.js';
import { visible } from '../text/visible.js';
import { wrapText } from '../text/wrap-text.js';
import { Lines } from './lines.js';
import { Paint } from './paint.js';

export const cursorMark = '▏';

export function Editor({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { draft, cursor, form } = state.infill;
  const isEditing = state.infill.isEditing && form === undefined;
  if (draft === '') {
    const hint = ['Type a text with gaps: [MASK] for one', 'token, [MASK*3] for three. Then Enter.'];
    const lines = isEditing ? [cursorMark, '', ...hint] : ['No text yet: e to type one.'];
    return <Lines lines={state.isReplay ? [] : lines} rows={rows} />;
  }
  // The mark of the cursor takes a cell of its own.
  const lines = wrapText(draft, state.size.columns - 1);
  const at = lineOf(lines, cursor);
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), lines.length - rows));
  const shown = lines.slice(first, first + rows).map(({ start, end }, i) => {
    if (first + i !== at || !isEditing) return withGaps(draft.slice(start, end));
    return [withGaps(draft.slice(start, cursor)), cursorMark, withGaps(draft.slice(cursor, end))];
  });
  return <Lines lines={shown} rows={rows} />;
}

/** Gaps in colour; one that is broken over two lines, or not complete yet, is as other text. */
function withGaps(text: string): ReactNode {
  try {
    const { segments, gaps } = parseGaps(text);
    return segments.map((segment, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a segment has no name but its place
      <Fragment key={i}>
        {visible(segment)}
        <Paint as="accent">{gaps[i]?.marker ?? ''}</Paint>
      </Fragment>
    ));
  } catch {
    return visible(text);
  }
}
