// The form that tells what a gap must be: a line for each field, for each gap of the text.
import {
  constraintOfTexts,
  type GapConstraint,
  markerOf,
  type ParseGapsOptions,
  parseGaps,
  textsOfConstraint,
  withMarkers,
} from '@maria/core';
import type { EditIntent } from './actions.js';
import { askedOf } from './asked.js';
import { selectedPlace, unable, writtenLength } from './attempt.js';
import { editDraft } from './draft.js';
import { writtenGaps } from './gap-places.js';
import type { AskForm, Attempt, InfillState } from './state.js';

export type AskField = 'length' | keyof GapConstraint;

/** In the order of the screen, with an example of each. */
export const askFields: readonly { readonly name: AskField; readonly example: string }[] = [
  { name: 'length', example: 'tokens: 3, 2-6, or ? where nobody knows' },
  { name: 'choices', example: 'one of these: red,dark green' },
  { name: 'regex', example: '[0-9]{2}:[0-9]{2}' },
  { name: 'words', example: '2 or 1-3' },
  { name: 'characters', example: '5 or 5-9' },
  { name: 'case', example: 'lower, upper or title' },
  { name: 'ban', example: 'none of these: the,and' },
  { name: 'bias', example: 'very:-2,small:1' },
  { name: 'schema', example: 'JSON Schema: {"type":"integer"}' },
];

/** @throws UsageError for a text without gaps, or one of which a gap cannot be read */
export function openForm(state: InfillState, reading: ParseGapsOptions): AskForm {
  const { draft, asked } = state;
  if (parseGaps(draft, reading).gaps.length === 0) throw unable('the text has none.');
  const constraints = askedOf(asked, draft, reading);
  const texts = writtenGaps(draft, reading).map(({ marker }, i) => {
    const written = { length: writtenLength(marker), ...textsOfConstraint(constraints[i]!) };
    return askFields.map(({ name }) => written[name] ?? '');
  });
  return atEnd({
    gap: selectedPlace({ ...state, form: undefined }, reading).gap,
    field: 1,
    cursor: 0,
    texts,
  });
}

/** The cursor stands behind what is written. */
function atEnd(form: AskForm): AskForm {
  return { ...form, cursor: form.texts[form.gap]![form.field]!.length };
}

export function movedInForm(
  form: AskForm,
  move: { readonly field?: number; readonly gap?: number },
): AskForm {
  const { gap = 0, field = 0 } = move;
  const count = form.texts.length;
  return atEnd({
    ...form,
    gap: (form.gap + gap + count) % count,
    field: Math.max(0, Math.min(askFields.length - 1, form.field + field)),
  });
}

/** Gaps of one name are asked the same. */
export function editedForm(
  form: AskForm,
  intent: EditIntent,
  draft: string,
  reading: ParseGapsOptions,
): AskForm {
  const gaps = writtenGaps(draft, reading);
  const { name } = gaps[form.gap] ?? {};
  const typed =
    intent.type === 'insert' ? { ...intent, text: intent.text.replaceAll(/\s*\n\s*/g, ' ') } : intent;
  const text = form.texts[form.gap]![form.field]!;
  const edited = editDraft({ draft: text, cursor: form.cursor }, typed, Number.POSITIVE_INFINITY);
  const texts = form.texts.map((of, i) =>
    i === form.gap || (name !== undefined && gaps[i]?.name === name) ? of.with(form.field, edited.draft) : of,
  );
  return { ...form, cursor: edited.cursor, texts };
}

/** What the form asks, of all gaps. @throws UsageError naming the gap and the field that asks nothing that there is */
export function attemptOf({ draft, asked, form }: InfillState, reading: ParseGapsOptions): Attempt {
  const { texts, gap } = form!;
  const gaps = texts.map((of, i): GapConstraint => {
    const named = Object.fromEntries(askFields.map(({ name }, field) => [name, of[field]!]));
    const { length: _, ...constraint } = named;
    return constraintOfTexts(constraint, `gap ${i + 1}`);
  });
  const text = withMarkers(
    draft,
    (one, i) => {
      const length = texts[i]![0]!.trim();
      if (length === writtenLength(one.marker)) return one.marker;
      if (!/^(\?|\d+(-\d+)?)?$/.test(length))
        throw unable(
          `its length is a number of tokens, two of them as in 2-6, or ?, and is ${JSON.stringify(length)}.`,
        );
      return markerOf(one, length);
    },
    reading,
  );
  // Lengths that are none are told by whoever reads them.
  parseGaps(text, reading);
  return { draft: text, asked: { ...asked, draft: text, gaps }, gap, place: 0 };
}
