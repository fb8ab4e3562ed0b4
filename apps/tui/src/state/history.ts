// Undo and redo of the infill screen: its text, its fills, what was taken and what is pinned.
import type { Action } from './actions.js';
import type { History, InfillState, Snapshot } from './state.js';

/** Most steps that are remembered. */
const mostSteps = 200;

/** The state after an action, with the way back from it. */
export function remembered(before: InfillState, after: InfillState, action: Action): InfillState {
  if (after === before) return after;
  const editing = editingOf(action);
  if (editing === 'other') return { ...after, history: { ...after.history, editing: undefined } };
  if (!isStep(before, after, action)) return after;
  const { past, editing: last } = before.history;
  const isSameStep = editing !== undefined && editing === last && past.length > 0;
  const steps = isSameStep ? past : [...past, snapshotOf(before)].slice(-mostSteps);
  return { ...after, history: { past: steps, future: [], editing } };
}

export function undone(state: InfillState): InfillState {
  const { past, future } = state.history;
  const snapshot = past.at(-1);
  if (snapshot === undefined) return state;
  // Half a fill is nothing to go on to.
  const undoneSteps = isWhole(state) ? [...future, snapshotOf(state)] : future;
  return restored(state, snapshot, { past: past.slice(0, -1), future: undoneSteps });
}

export function redone(state: InfillState): InfillState {
  const { past, future } = state.history;
  const snapshot = future.at(-1);
  if (snapshot === undefined) return state;
  return restored(state, snapshot, { past: [...past, snapshotOf(state)], future: future.slice(0, -1) });
}

function restored(state: InfillState, snapshot: Snapshot, history: Omit<History, 'editing'>): InfillState {
  const phase = snapshot.run === undefined ? 'idle' : 'filled';
  return { ...state, ...snapshot, phase, history: { ...history, editing: undefined } };
}

function snapshotOf(state: InfillState): Snapshot {
  const { draft, cursor, seed, run, asked } = state;
  // The next seed belongs to the next run.
  return { draft, cursor, seed: run?.seed ?? seed, run: isWhole(state) ? run : undefined, asked };
}

function isWhole({ run }: InfillState): boolean {
  return run === undefined || run.text !== undefined;
}

/** Letters that follow each other are one step, and so are deletions; a space, or text that is pasted, begins the next. */
function editingOf(action: Action): string | undefined {
  switch (action.type) {
    case 'insert':
      return /^\S$/u.test(action.text) ? 'insert' : undefined;
    case 'delete-backward':
    case 'delete-forward':
      return action.type;
    case 'move-cursor':
      return 'other';
    default:
      return undefined;
  }
}

function isStep(before: InfillState, after: InfillState, action: Action): boolean {
  if (action.type === 'infill-event')
    // Filling onward is one step with the candidate that was taken, and what a stopped run left is no step.
    return action.event.type === 'mlm-encoded' && isWhole(before) && before.run?.onwardFrom === undefined;
  switch (action.type) {
    case 'insert':
    case 'delete-backward':
    case 'delete-forward':
    case 'clear-draft':
      return after.draft !== before.draft;
    case 'edit-filled':
    case 'choose-candidate':
    case 'fill-onward':
    case 'pin-token':
    case 'pin-gap':
      return after.run !== before.run;
    default:
      return false;
  }
}
