// What a gap must be, as it is typed: a line for each field, with an example where nothing is typed.
import { parseGaps } from '@maria/core';
import { askFields } from '../state/ask-form.js';
import { readingOf } from '../state/gap-places.js';
import type { AppState, AskForm } from '../state/state.js';
import { visible } from '../text/visible.js';
import { cut, widthOf } from '../text/width.js';
import { cursorMark } from './editor.js';
import { Lines } from './lines.js';
import { Paint } from './paint.js';

const nameWidth = 13;

/** @param rows lines in all: a heading, and the fields around the one that is typed */
export function AskFields(props: {
  readonly state: AppState;
  readonly form: AskForm;
  readonly rows: number;
}) {
  const { state, form, rows } = props;
  const { columns } = state.size;
  const { gaps } = parseGaps(state.infill.draft, readingOf(state.model.vocabulary));
  const heading = `gap ${form.gap + 1} of ${gaps.length}, ${gaps[form.gap]?.marker} must be`;
  const most = rows - 1;
  const first = Math.max(0, Math.min(form.field - Math.floor(most / 2), askFields.length - most));
  const lines = askFields.slice(first, first + most).map(({ name, example }, i) => {
    const text = form.texts[form.gap]![first + i]!;
    const isTyped = first + i === form.field;
    const room = columns - nameWidth - 1;
    return [
      <Paint key="name" as={isTyped ? 'accent' : undefined}>
        {`${isTyped ? '›' : ' '} ${name}`.padEnd(nameWidth)}
      </Paint>,
      isTyped ? aroundCursor(text, form.cursor, room) : cut(visible(text), room),
      text === '' && isTyped && (
        <Paint key="example" as="dim">
          {cut(`  ${example}`, room - 1)}
        </Paint>
      ),
    ];
  });
  return (
    <Lines
      lines={[
        <Paint key="heading" as="dim">
          {cut(heading, columns)}
        </Paint>,
        ...lines,
      ]}
      rows={rows}
    />
  );
}

/** As much of a line as has room, with the cursor. */
function aroundCursor(text: string, cursor: number, room: number): string {
  const before = [...visible(text.slice(0, cursor))];
  const after = visible(text.slice(cursor));
  // What is typed is seen, and a little of what follows it.
  const most = room - 1 - Math.min(8, widthOf(after));
  let first = before.length;
  for (let used = 1; first > 0; first--) {
    used += widthOf(before[first - 1]!);
    if (used > most) break;
  }
  const shown = (first > 0 ? '…' : '') + before.slice(first).join('');
  return shown + cursorMark + cut(after, room - 1 - widthOf(shown));
}
