// The state of the infill screen after an action.
import {
  type ExplainedPosition,
  escapeGaps,
  fixLengths,
  type ParseGapsOptions,
  parseGaps,
  splice,
  type Vocabulary,
} from '@maria/core';
import { tokenTexts } from '../text/token-texts.js';
import type { Action } from './actions.js';
import { attemptOf, editedForm, movedInForm, openForm } from './ask-form.js';
import { withLength } from './attempt.js';
import { editDraft } from './draft.js';
import { lengthsOf, movedPositions, placeOf, readingOf, startOf } from './gap-places.js';
import { redone, remembered, undone } from './history.js';
import type { BestFill, CandidateRow, InfillRun, InfillState, ModelState } from './state.js';
import { toFill } from './to-fill.js';

/** Step of the temperature keys, and where they stop. */
const temperatures = { step: 0.1, most: 2 };

export interface InfillContext {
  readonly model: ModelState;
  /** Width of the editor. */
  readonly columns: number;
}

export function reduceInfill(state: InfillState, action: Action, context: InfillContext): InfillState {
  if (action.type === 'undo') return undone(state);
  if (action.type === 'redo') return redone(state);
  return remembered(state, stateAfter(state, action, context), action);
}

function stateAfter(state: InfillState, action: Action, context: InfillContext): InfillState {
  const reading = readingOf(context.model.vocabulary);
  const { form } = state;
  switch (action.type) {
    case 'insert':
    case 'delete-backward':
    case 'delete-forward':
    case 'clear-draft':
      if (form) return { ...state, form: editedForm(form, action, state.draft, reading) };
      // Another text has other gaps.
      return { ...state, ...editDraft(state, action, context.columns), run: undefined, phase: 'idle' };
    case 'move-cursor':
      if (form) return { ...state, form: editedForm(form, action, state.draft, reading) };
      return { ...state, ...editDraft(state, action, context.columns) };
    case 'open-form':
      return { ...state, form: openForm(state, reading) };
    case 'leave-form':
      return { ...state, form: undefined };
    case 'move-in-form':
      return form ? withFormGap({ ...state, form: movedInForm(form, action) }, reading) : state;
    case 'ask':
      return { ...withoutOnward(state), attempt: attemptOf(state, reading), working: 'reading' };
    case 'lengthen-gap':
    case 'shorten-gap':
    case 'open-gap':
      return {
        ...withoutOnward(state),
        attempt: withLength(state, action.type, reading),
        working: 'reading',
      };
    case 'fill-onward':
      return {
        ...state,
        attempt: undefined,
        run: state.run && reduceRun(state.run, action, context.model.vocabulary),
      };
    case 'find-best':
      return { ...withoutOnward(state), attempt: undefined, working: 'searching' };
    case 'take-fill':
      return state.run ? { ...state, run: { ...state.run, shownFill: undefined } } : state;
    case 'leave-fills':
      return undone(state);
    case 'edit':
      return { ...state, isEditing: true };
    case 'edit-filled':
      return withFilledDraft(state, context.model.vocabulary);
    case 'leave-edit':
      return { ...state, isEditing: false };
    case 'fill':
      return context.model.status === 'ready'
        ? { ...withoutOnward(state), isEditing: false, attempt: undefined, working: 'reading' }
        : state;
    case 'reseed':
      return { ...withoutOnward(state), attempt: undefined, seed: (state.seed + 1) % 2 ** 32 };
    case 'change-sampling-temperature':
      return { ...state, temperature: stepped(state.temperature, action.by) };
    case 'toggle-pause':
      return { ...state, isPaused: !state.isPaused };
    case 'infill-event':
      return reduceEvent(state, action.event, context.model.vocabulary);
    case 'infill-stopped': {
      const stopped = { ...state, attempt: undefined, working: undefined };
      // The best one of those that were listed as they were told.
      const run = state.run?.shownFill === undefined ? state.run : withFill(state.run, 0);
      return { ...stopped, run, phase: run?.text === undefined ? 'idle' : 'filled' };
    }
    default:
      return state.run === undefined
        ? state
        : { ...state, run: reduceRun(state.run, action, context.model.vocabulary) };
  }
}

/** The gap whose form is shown is the one that is selected. */
function withFormGap(state: InfillState, reading: ParseGapsOptions): InfillState {
  const { run, form } = state;
  if (run === undefined || form === undefined) return state;
  const selected = Math.min(startOf(lengthsOf(run, reading), form.gap), run.positions.length - 1);
  return { ...state, run: { ...run, ...selectedAt(run, selected), follows: false } };
}

/** The filled text is the text then, without gaps: a marker in it is text. */
function withFilledDraft(state: InfillState, vocabulary: Vocabulary | undefined): InfillState {
  const text = state.run?.text;
  if (text === undefined || vocabulary === undefined) return state;
  const draft = escapeGaps(text, { maskToken: vocabulary.maskToken });
  return { ...state, draft, cursor: draft.length, isEditing: true, run: undefined, phase: 'idle' };
}

/** All that is not pinned is filled. */
function withoutOnward(state: InfillState): InfillState {
  return state.run?.onwardFrom === undefined
    ? state
    : { ...state, run: { ...state.run, onwardFrom: undefined } };
}

function stepped(temperature: number, by: number): number {
  const steps = Math.round(temperature / temperatures.step) + by;
  return Math.min(temperatures.most, Math.max(0, steps * temperatures.step));
}

type Event = Extract<Action, { type: 'infill-event' }>['event'];

function reduceEvent(state: InfillState, event: Event, vocabulary: Vocabulary | undefined): InfillState {
  if (event.type === 'mlm-encoded') {
    const { run, draft, asked } = newRun(event, state, vocabulary);
    const working = state.working === 'searching' ? state.working : undefined;
    return {
      ...state,
      phase: 'filling',
      isEditing: false,
      // A fill that was asked for before it was opened leaves it open.
      form: state.attempt ? undefined : state.form,
      attempt: undefined,
      working,
      run,
      draft,
      cursor: draft === state.draft ? state.cursor : draft.length,
      asked,
    };
  }
  const { run } = state;
  if (run === undefined) return state;
  switch (event.type) {
    case 'gap-filled':
      return {
        ...state,
        phase: 'filling',
        run: withTextIfFull(withToken(run, event), vocabulary),
      };
    case 'gap-masked': {
      const without = <T>(map: ReadonlyMap<number, T>) =>
        new Map([...map].filter(([position]) => position !== event.position));
      const open = { confidence: without(run.confidence), candidates: without(run.candidates) };
      return { ...state, run: { ...run, ...open, text: undefined } };
    }
    case 'drafted': {
      const drafts = new Map(event.tokens.map(({ position, id }) => [position, id]));
      return { ...state, run: { ...run, drafts } };
    }
    // The whole text is shown, however it is read.
    case 'windows-planned':
    case 'lengths-compared':
      return state;
    case 'step-end':
      // What a draft got right needed no pass of its own.
      return {
        ...state,
        run: { ...run, passes: run.passes + (event.fed > 0 ? 1 : 0), steps: event.step + 1 },
      };
    case 'done': {
      const done = { ...run, ids: event.ids, text: event.text, drafts: new Map() };
      const { weight, jointLogLikelihood } = event;
      if (weight === undefined || jointLogLikelihood === undefined)
        return { ...state, phase: 'filled', run: done };
      const fill: BestFill = {
        ids: event.ids,
        text: event.text,
        confidence: run.confidence,
        fills: event.gaps.map(({ text }) => text),
        weight,
        jointLogLikelihood,
      };
      const fills = [...(event.sample === 0 ? [] : run.fills), fill];
      return {
        ...state,
        phase: 'filled',
        working: undefined,
        run: { ...done, fills, shownFill: fills.length - 1 },
      };
    }
  }
}

/** Tokens of the run of the same text before are kept where `ids` has them; with what was tried, now that it can be filled. */
function newRun(
  { ids, positions, lengths }: Extract<Event, { type: 'mlm-encoded' }>,
  state: InfillState,
  vocabulary: Vocabulary | undefined,
): { readonly run: InfillRun } & Pick<InfillState, 'draft' | 'asked'> {
  const { run: before, seed, attempt } = state;
  const reading = readingOf(vocabulary);
  const { text, asked } = toFill(state, reading);
  const draft = lengths ? fixLengths(text, lengths, reading) : text;
  const lengthsNow = lengthsOf({ draft }, reading);
  const moved = before && movedPositions(before, lengthsOf(before, reading), lengthsNow);
  const kept = new Set(positions.filter((position) => ids[position] !== vocabulary?.maskId));
  const ofKept = <T>(of: ReadonlyMap<number, T> | undefined) =>
    new Map(
      [...(of ?? [])].flatMap(([position, value]): [number, T][] => {
        const now = moved?.get(position);
        return now !== undefined && kept.has(now) ? [[now, value]] : [];
      }),
    );
  const pinned = [...(before?.pinned ?? [])].flatMap((position) => moved?.get(position) ?? []);
  // Who fills onward stays at the token that was taken, and who changes a gap in it.
  const stays = before?.onwardFrom !== undefined;
  const changed =
    attempt && startOf(lengthsNow, attempt.gap) + Math.min(attempt.place, lengthsNow[attempt.gap]! - 1);
  const run: InfillRun = {
    ids,
    seed,
    draft,
    positions,
    pinned: new Set(pinned),
    kept: before ? kept : new Set(),
    onwardFrom: undefined,
    confidence: ofKept(before?.confidence),
    drafts: new Map(),
    candidates: ofKept(before?.candidates),
    asked,
    legalMass: ofKept(before?.legalMass),
    fills: [],
    shownFill: undefined,
    isExact: undefined,
    selected: changed ?? (stays ? before.selected : 0),
    highlighted: stays ? before.highlighted : 0,
    follows: !stays && changed === undefined,
    sample: 0,
    passes: 0,
    steps: 0,
    tokensPerSecond: undefined,
    text: undefined,
  };
  const now = attempt ?? state;
  return {
    run,
    draft: now.draft,
    asked: attempt?.asked ?? { ...state.asked, draft: state.draft, gaps: asked },
  };
}

function withToken(run: InfillRun, event: Extract<Event, { type: 'gap-filled' }>): InfillRun {
  // The next sample fills the same gaps anew.
  const isNew = event.sample !== run.sample;
  const ofBefore = <T>(of: ReadonlyMap<number, T>) =>
    new Map(isNew ? [...of].filter(([position]) => run.kept.has(position)) : of);
  const confidence = ofBefore(run.confidence).set(event.position, event.probability);
  const candidates = ofBefore(run.candidates);
  const legalMass = ofBefore(run.legalMass);
  if (event.legalMass !== undefined) legalMass.set(event.position, event.legalMass);
  // Where something is asked, what is told is the part among the tokens that are as asked.
  const rowOf = ({
    id,
    token,
    probability,
  }: Pick<typeof event, 'id' | 'token' | 'probability'>): CandidateRow =>
    event.legalMass === undefined ? { id, token, fused: probability } : { id, token, legal: probability };
  const rows = (event.alternatives ?? []).map(rowOf);
  const isAmong = rows.some(({ id }) => id === event.id);
  const own = rowOf(event);
  const all = isAmong ? rows : [...rows, own];
  candidates.set(event.position, all);
  return {
    ...run,
    sample: event.sample,
    ids: run.ids.with(event.position, event.id),
    confidence,
    // A wrong draft takes those behind it along.
    drafts: run.drafts.get(event.position) === event.id ? run.drafts : new Map(),
    candidates,
    legalMass,
    ...(run.follows && {
      selected: run.positions.indexOf(event.position),
      highlighted: indexOfId(all, event.id),
    }),
    text: isNew ? undefined : run.text,
  };
}

function reduceRun(run: InfillRun, action: Action, vocabulary: Vocabulary | undefined): InfillRun {
  switch (action.type) {
    case 'select-gap': {
      const selected = clamp(run.selected + action.by, run.positions.length);
      return { ...run, ...selectedAt(run, selected), follows: false };
    }
    case 'highlight-candidate': {
      if (run.shownFill !== undefined) return withFill(run, run.shownFill + action.by);
      const rows = run.candidates.get(run.positions[run.selected]!) ?? [];
      return { ...run, highlighted: clamp(run.highlighted + action.by, rows.length) };
    }
    case 'choose-candidate':
      return vocabulary === undefined ? run : withChosen(run, vocabulary);
    case 'fill-onward':
      return vocabulary === undefined
        ? run
        : { ...withChosen(run, vocabulary), onwardFrom: run.positions[run.selected] };
    case 'pin-token':
      return vocabulary === undefined ? run : withPins(run, [run.positions[run.selected]!], vocabulary);
    case 'pin-gap':
      return vocabulary === undefined ? run : withPins(run, gapOf(run, vocabulary), vocabulary);
    case 'explained': {
      const { position, legalMass } = action.explained;
      const candidates = explainedRows(run, action.explained);
      const before = run.candidates.get(position)?.[run.highlighted]?.id;
      const isShown = position === run.positions[run.selected];
      return {
        ...run,
        candidates: new Map(run.candidates).set(position, candidates),
        ...(legalMass !== undefined && { legalMass: new Map(run.legalMass).set(position, legalMass) }),
        ...(isShown && { highlighted: indexOfId(candidates, before ?? run.ids[position]!) }),
      };
    }
    case 'searched':
      return { ...run, isExact: action.isExact };
    case 'measured':
      return action.of === 'infill' ? { ...run, tokensPerSecond: action.tokensPerSecond } : run;
    default:
      return run;
  }
}

function selectedAt(run: InfillRun, selected: number): Pick<InfillRun, 'selected' | 'highlighted'> {
  const position = run.positions[selected]!;
  return { selected, highlighted: indexOfId(run.candidates.get(position) ?? [], run.ids[position]!) };
}

/** One of the fills that were found, in the text. */
function withFill(run: InfillRun, wanted: number): InfillRun {
  const shownFill = clamp(wanted, run.fills.length);
  const { ids, text, confidence } = run.fills[shownFill]!;
  // Of kept tokens it is known what they were chosen from.
  const ofKept = <T>(of: ReadonlyMap<number, T>) =>
    new Map([...of].filter(([position]) => run.kept.has(position)));
  const known = { candidates: ofKept(run.candidates), legalMass: ofKept(run.legalMass) };
  return { ...run, ids, text, confidence, shownFill, ...known };
}

/** A recording does not tell what was asked: which of its candidates were legal it does. */
function explainedRows(
  run: InfillRun,
  { position, candidates, legalMass }: ExplainedPosition,
): readonly CandidateRow[] {
  if (legalMass !== undefined || !run.legalMass.has(position)) return candidates;
  const legal = new Map(run.candidates.get(position)?.map((row) => [row.id, row.legal]));
  return candidates.map((row): CandidateRow => {
    const known = legal.get(row.id);
    return known === undefined ? row : { ...row, legal: known };
  });
}

/** The last token makes the text whole: whoever quits at that moment gets it. */
function withTextIfFull(run: InfillRun, vocabulary: Vocabulary | undefined): InfillRun {
  if (vocabulary === undefined || run.confidence.size < run.positions.length) return run;
  return { ...run, text: textOf(run.ids, run.positions, run.draft, vocabulary) };
}

/** Pins the positions, or unpins them if all of them are pinned; tokens that make one character stay together. */
function withPins(run: InfillRun, positions: readonly number[], vocabulary: Vocabulary): InfillRun {
  if (run.text === undefined) return run;
  const together = withRestOfCharacters(run, new Set(positions), vocabulary);
  const isPinned = positions.every((position) => run.pinned.has(position));
  const others = [...run.pinned].filter((position) => !together.has(position));
  return { ...run, pinned: new Set(isPinned ? others : [...others, ...together]) };
}

function withRestOfCharacters(
  { ids, positions }: InfillRun,
  chosen: ReadonlySet<number>,
  vocabulary: Vocabulary,
): ReadonlySet<number> {
  const texts = tokenTexts(
    ids,
    (some) => vocabulary.decode(some),
    () => false,
  );
  // The text of a character stands at its first token, and the others have none.
  const startOf = (position: number): number =>
    position > 0 && texts[position] === '' ? startOf(position - 1) : position;
  const starts = new Set([...chosen].map(startOf));
  return new Set(positions.filter((position) => starts.has(startOf(position))));
}

/** Positions of the marker that the selected one is of. */
function gapOf(run: InfillRun, vocabulary: Vocabulary): readonly number[] {
  const lengths = lengthsOf(run, readingOf(vocabulary));
  const { gap } = placeOf(lengths, run.selected);
  const start = startOf(lengths, gap);
  return run.positions.slice(start, start + lengths[gap]!);
}

/** Puts the highlighted candidate in its place. Only a finished text is changed: the tokens after it were chosen for another one. */
function withChosen(run: InfillRun, vocabulary: Vocabulary): InfillRun {
  const position = run.positions[run.selected];
  const row = position === undefined ? undefined : run.candidates.get(position)?.[run.highlighted];
  if (run.text === undefined || position === undefined || row === undefined) return run;
  const ids = run.ids.with(position, row.id);
  const probability = row.legal ?? row.fused ?? 0;
  const confidence = new Map(run.confidence).set(position, probability);
  return { ...run, ids, confidence, text: textOf(ids, run.positions, run.draft, vocabulary) };
}

/** The draft with the tokens in its gaps. */
function textOf(
  ids: readonly number[],
  positions: readonly number[],
  draft: string,
  vocabulary: Vocabulary,
): string {
  const { segments, gaps } = parseGaps(draft, { maskToken: vocabulary.maskToken });
  const tokens = positions.map((position) => ids[position]!);
  if (gaps.reduce((total, gap) => total + gap.tokens, 0) !== tokens.length) return vocabulary.decode(ids);
  let from = 0;
  const fills = gaps.map((gap) => {
    from += gap.tokens;
    return tokens.slice(from - gap.tokens, from);
  });
  return splice(segments, fills, vocabulary).text;
}

function indexOfId(rows: readonly CandidateRow[], id: number): number {
  return Math.max(
    0,
    rows.findIndex((row) => row.id === id),
  );
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, index));
}
