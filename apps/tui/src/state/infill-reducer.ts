// The state of the infill screen after an action.
import { escapeGaps, fixLengths, parseGaps, splice, type Vocabulary } from '@maria/core';
import { tokenTexts } from '../text/token-texts.js';
import type { Action } from './actions.js';
import { editDraft } from './draft.js';
import { redone, remembered, undone } from './history.js';
import type { CandidateRow, InfillRun, InfillState, ModelState } from './state.js';

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
  switch (action.type) {
    case 'insert':
    case 'delete-backward':
    case 'delete-forward':
    case 'clear-draft':
      // Another text has other gaps.
      return { ...state, ...editDraft(state, action, context.columns), run: undefined, phase: 'idle' };
    case 'move-cursor':
      return { ...state, ...editDraft(state, action, context.columns) };
    case 'edit':
      return { ...state, isEditing: true };
    case 'edit-filled':
      return withFilledDraft(state, context.model.vocabulary);
    case 'leave-edit':
      return { ...state, isEditing: false };
    case 'fill':
      return context.model.status === 'ready' ? { ...withoutOnward(state), isEditing: false } : state;
    case 'reseed':
      return { ...withoutOnward(state), seed: (state.seed + 1) % 2 ** 32 };
    case 'change-sampling-temperature':
      return { ...state, temperature: stepped(state.temperature, action.by) };
    case 'toggle-pause':
      return { ...state, isPaused: !state.isPaused };
    case 'infill-event':
      return reduceEvent(state, action.event, context.model.vocabulary);
    case 'infill-stopped':
      return { ...state, phase: state.run?.text === undefined ? 'idle' : 'filled' };
    default:
      return state.run === undefined
        ? state
        : { ...state, run: reduceRun(state.run, action, context.model.vocabulary) };
  }
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
    const run = newRun(event, state, vocabulary);
    return { ...state, phase: 'filling', isEditing: false, run };
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
    case 'done':
      return {
        ...state,
        phase: 'filled',
        run: { ...run, ids: event.ids, text: event.text, drafts: new Map() },
      };
  }
}

/** Tokens of the run of the same text before are kept where `ids` has them. */
function newRun(
  { ids, positions, lengths }: Extract<Event, { type: 'mlm-encoded' }>,
  { run: before, seed, draft }: InfillState,
  { maskId, maskToken }: Partial<Vocabulary> = {},
): InfillRun {
  const kept = new Set(before && positions.filter((position) => ids[position] !== maskId));
  const ofKept = <T>(of: ReadonlyMap<number, T> | undefined) =>
    new Map([...(of ?? [])].filter(([position]) => kept.has(position)));
  const filledDraft = () => {
    if (lengths) return fixLengths(draft, lengths, maskToken === undefined ? {} : { maskToken });
    return before && kept.size > 0 ? before.draft : draft;
  };
  // Who fills onward stays at the token that was taken.
  const stays = before?.onwardFrom !== undefined;
  return {
    ids,
    seed,
    draft: filledDraft(),
    positions,
    pinned: before?.pinned ?? new Set(),
    kept,
    onwardFrom: undefined,
    confidence: ofKept(before?.confidence),
    drafts: new Map(),
    candidates: ofKept(before?.candidates),
    selected: stays ? before.selected : 0,
    highlighted: stays ? before.highlighted : 0,
    follows: !stays,
    sample: 0,
    passes: 0,
    steps: 0,
    tokensPerSecond: undefined,
    text: undefined,
  };
}

function withToken(run: InfillRun, event: Extract<Event, { type: 'gap-filled' }>): InfillRun {
  // The next sample fills the same gaps anew.
  const isNew = event.sample !== run.sample;
  const confidence = new Map(isNew ? [] : run.confidence).set(event.position, event.probability);
  const candidates = new Map(isNew ? [] : run.candidates);
  const rows = (event.alternatives ?? []).map(
    ({ id, token, probability }): CandidateRow => ({ id, token, fused: probability }),
  );
  const isAmong = rows.some(({ id }) => id === event.id);
  const own: CandidateRow = { id: event.id, token: event.token, fused: event.probability };
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
      const position = run.positions[selected]!;
      const highlighted = indexOfId(run.candidates.get(position) ?? [], run.ids[position]!);
      return { ...run, selected, highlighted, follows: false };
    }
    case 'highlight-candidate': {
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
      const { position, candidates } = action.explained;
      const before = run.candidates.get(position)?.[run.highlighted]?.id;
      const isShown = position === run.positions[run.selected];
      return {
        ...run,
        candidates: new Map(run.candidates).set(position, candidates),
        ...(isShown && before !== undefined && { highlighted: indexOfId(candidates, before) }),
      };
    }
    case 'measured':
      return action.of === 'infill' ? { ...run, tokensPerSecond: action.tokensPerSecond } : run;
    default:
      return run;
  }
}

/** The last token makes the text whole: whoever quits at that moment gets it. */
function withTextIfFull(run: InfillRun, vocabulary: Vocabulary | undefined): InfillRun {
  if (vocabulary === undefined || run.confidence.size < run.positions.length) return run;
  return { ...run, text: textOf(run.ids, run.positions, run.draft, vocabulary) };
}

/** Positions and tokens that the next run keeps. */
export function keptTokens(run: InfillRun | undefined): ReadonlyMap<number, number> {
  if (run === undefined) return new Map();
  const { ids, confidence, pinned, onwardFrom = -1 } = run;
  const stays = (position: number) => position <= onwardFrom || pinned.has(position);
  const kept = run.positions.filter((position) => confidence.has(position) && stays(position));
  return new Map(kept.map((position) => [position, ids[position]!]));
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
  let start = 0;
  for (const { tokens } of parseGaps(run.draft, { maskToken: vocabulary.maskToken }).gaps) {
    const end = start + tokens;
    if (run.selected < end) return run.positions.slice(start, end);
    start = end;
  }
  return [];
}

/** Puts the highlighted candidate in its place. Only a finished text is changed: the tokens after it were chosen for another one. */
function withChosen(run: InfillRun, vocabulary: Vocabulary): InfillRun {
  const position = run.positions[run.selected];
  const row = position === undefined ? undefined : run.candidates.get(position)?.[run.highlighted];
  if (run.text === undefined || position === undefined || row === undefined) return run;
  const ids = run.ids.with(position, row.id);
  const confidence = new Map(run.confidence).set(position, row.fused);
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
