// The state of the infill screen after an action.
import { parseGaps, splice, type Vocabulary } from '@maria/core';
import type { Action } from './actions.js';
import { editDraft } from './draft.js';
import type { CandidateRow, InfillRun, InfillState, ModelState } from './state.js';

/** Step of the temperature keys, and where they stop. */
const temperatures = { step: 0.1, most: 2 };

export interface InfillContext {
  readonly model: ModelState;
  /** Width of the editor. */
  readonly columns: number;
}

export function reduceInfill(state: InfillState, action: Action, context: InfillContext): InfillState {
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
    case 'leave-edit':
      return { ...state, isEditing: false };
    case 'fill':
      return context.model.status === 'ready' ? { ...state, isEditing: false } : state;
    case 'reseed':
      return { ...state, seed: (state.seed + 1) % 2 ** 32 };
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
        : { ...state, run: reduceRun(state.run, state.draft, action, context.model.vocabulary) };
  }
}

function stepped(temperature: number, by: number): number {
  const steps = Math.round(temperature / temperatures.step) + by;
  return Math.min(temperatures.most, Math.max(0, steps * temperatures.step));
}

type Event = Extract<Action, { type: 'infill-event' }>['event'];

function reduceEvent(state: InfillState, event: Event, vocabulary: Vocabulary | undefined): InfillState {
  if (event.type === 'mlm-encoded') {
    return { ...state, phase: 'filling', isEditing: false, run: newRun(event.ids, event.positions) };
  }
  const { run } = state;
  if (run === undefined) return state;
  switch (event.type) {
    case 'gap-filled':
      return {
        ...state,
        phase: 'filling',
        run: withTextIfFull(withToken(run, event), state.draft, vocabulary),
      };
    case 'step-end':
      return { ...state, run: { ...run, passes: run.passes + 1 } };
    case 'done':
      return { ...state, phase: 'filled', run: { ...run, ids: event.ids, text: event.text } };
  }
}

function newRun(ids: readonly number[], positions: readonly number[]): InfillRun {
  return {
    ids,
    positions,
    confidence: new Map(),
    candidates: new Map(),
    selected: 0,
    highlighted: 0,
    follows: true,
    sample: 0,
    passes: 0,
    tokensPerSecond: undefined,
    text: undefined,
  };
}

function withToken(run: InfillRun, event: Extract<Event, { type: 'gap-filled' }>): InfillRun {
  // The next sample fills the same gaps anew.
  const isNew = event.sample !== run.sample;
  const confidence = new Map(isNew ? [] : run.confidence).set(event.position, event.probability);
  const candidates = new Map(isNew ? [] : run.candidates);
  const rows = event.alternatives?.map(
    ({ id, token, probability }): CandidateRow => ({ id, token, fused: probability }),
  );
  candidates.set(event.position, rows ?? [{ id: event.id, token: event.token, fused: event.probability }]);
  return {
    ...run,
    sample: event.sample,
    ids: run.ids.with(event.position, event.id),
    confidence,
    candidates,
    selected: run.follows ? run.positions.indexOf(event.position) : run.selected,
    text: isNew ? undefined : run.text,
  };
}

function reduceRun(
  run: InfillRun,
  draft: string,
  action: Action,
  vocabulary: Vocabulary | undefined,
): InfillRun {
  switch (action.type) {
    case 'select-gap': {
      const selected = clamp(run.selected + action.by, run.positions.length);
      return { ...run, selected, highlighted: 0, follows: false };
    }
    case 'highlight-candidate': {
      const rows = run.candidates.get(run.positions[run.selected]!) ?? [];
      return { ...run, highlighted: clamp(run.highlighted + action.by, rows.length) };
    }
    case 'choose-candidate':
      return vocabulary === undefined ? run : withChosen(run, draft, vocabulary);
    case 'explained': {
      const { position, candidates } = action.explained;
      return { ...run, candidates: new Map(run.candidates).set(position, candidates) };
    }
    case 'measured':
      return action.of === 'infill' ? { ...run, tokensPerSecond: action.tokensPerSecond } : run;
    default:
      return run;
  }
}

/** The last token makes the text whole: whoever quits at that moment gets it. */
function withTextIfFull(run: InfillRun, draft: string, vocabulary: Vocabulary | undefined): InfillRun {
  if (vocabulary === undefined || run.confidence.size < run.positions.length) return run;
  return { ...run, text: textOf(run.ids, run.positions, draft, vocabulary) };
}

/** Puts the highlighted candidate in its place. Only a finished text is changed: the tokens after it were chosen for another one. */
function withChosen(run: InfillRun, draft: string, vocabulary: Vocabulary): InfillRun {
  const position = run.positions[run.selected];
  const row = position === undefined ? undefined : run.candidates.get(position)?.[run.highlighted];
  if (run.text === undefined || position === undefined || row === undefined) return run;
  const ids = run.ids.with(position, row.id);
  const confidence = new Map(run.confidence).set(position, row.fused);
  return { ...run, ids, confidence, text: textOf(ids, run.positions, draft, vocabulary) };
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

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, index));
}
