// Why a key does nothing now, for whoever has pressed it.
import type { Intent } from './actions.js';
import type { AppState } from './state.js';

/** undefined for what can be done. */
export function refusalOf({ infill, isReplay, model }: AppState, { type }: Intent): string | undefined {
  const { run, temperature, history } = infill;
  if (isReplay) return undefined;
  switch (type) {
    case 'undo':
      return history.past.length === 0 ? 'Nothing to undo.' : undefined;
    case 'redo':
      return history.future.length === 0 ? 'Nothing to do again.' : undefined;
    case 'edit-filled':
    case 'choose-candidate':
    case 'fill-onward':
    case 'pin-token':
    case 'pin-gap':
      if (run?.text === undefined) return 'The text is not filled yet.';
      return type === 'fill-onward' ? refusalOfOnward(infill) : undefined;
    case 'reseed':
      if (temperature === 0 && !model.isDrawn)
        return 'At temperature 0 every seed gives the same text. T raises the temperature; then r draws another one.';
      return refusalOfFill(infill);
    case 'fill':
      return refusalOfFill(infill);
    default:
      return undefined;
  }
}

function refusalOfFill({ run }: AppState['infill']): string | undefined {
  return run?.text !== undefined && run.positions.every((position) => run.pinned.has(position))
    ? 'Every token is pinned: nothing is left to fill. p unpins one.'
    : undefined;
}

function refusalOfOnward({ run }: AppState['infill']): string | undefined {
  return run?.positions.slice(run.selected + 1).every((position) => run.pinned.has(position))
    ? 'Nothing to fill to the right of it. Enter takes the candidate.'
    : undefined;
}
