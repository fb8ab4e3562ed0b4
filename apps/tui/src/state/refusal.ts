// Why a key does nothing now, for whoever has pressed it.

import type { ParseGapsOptions } from '@maria/core';
import type { Intent } from './actions.js';
import { attemptOf, openForm } from './ask-form.js';
import { askedOf, describeAsked } from './asked.js';
import { withLength } from './attempt.js';
import { lengthsOf, placeOf, readingOf, writtenGaps } from './gap-places.js';
import { messageOf } from './message.js';
import type { AppState } from './state.js';

/** undefined for what can be done. */
export function refusalOf(state: AppState, { type }: Intent): string | undefined {
  const { infill, isReplay, model, screen } = state;
  const { run, temperature, history } = infill;
  if (isReplay) return undefined;
  const reading = readingOf(model.vocabulary);
  switch (type) {
    case 'open-form':
      return reasonOf(() => openForm(infill, reading));
    case 'ask':
      return refusalOfLoading(state) ?? reasonOf(() => attemptOf(infill, reading));
    case 'lengthen-gap':
    case 'shorten-gap':
    case 'open-gap':
      return refusalOfLoading(state) ?? reasonOf(() => withLength(infill, type, reading));
    case 'find-best':
      return refusalOfLoading(state) ?? refusalOfFill(infill);
    case 'switch-screen':
      return screen === 'infill' ? refusalOfAnnealing(infill, reading) : undefined;
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
      if (type === 'fill-onward' && refusalOfOnward(infill)) return refusalOfOnward(infill);
      return type === 'fill-onward' || type === 'choose-candidate'
        ? (refusalOfUnequal(infill, type, reading) ?? refusalOfIllegal(infill, reading))
        : undefined;
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

function reasonOf(make: () => unknown): string | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function refusalOfLoading({ model }: AppState): string | undefined {
  return model.status === 'ready' ? undefined : 'The model is still loading.';
}

function refusalOfIllegal({ run }: AppState['infill'], reading: ParseGapsOptions): string | undefined {
  const row = run?.candidates.get(run.positions[run.selected]!)?.[run.highlighted];
  if (run === undefined || row?.legal !== 0) return undefined;
  const { gap } = placeOf(lengthsOf(run, reading), run.selected);
  return `${JSON.stringify(row.token)} cannot stand here: gap ${gap + 1} would not be as asked (${describeAsked(run.asked[gap] ?? {})}). a changes what is asked.`;
}

function refusalOfAnnealing(
  { draft, asked }: AppState['infill'],
  reading: ParseGapsOptions,
): string | undefined {
  const gap = askedOf(asked, draft, reading).findIndex((one) => Object.keys(one).length > 0);
  return gap < 0
    ? undefined
    : `Cannot anneal: something is asked of gap ${gap + 1}, and annealing does not follow it.`;
}

/** Gaps of one name read alike: filling onward from the first of them the others follow. */
function refusalOfUnequal(
  { run }: AppState['infill'],
  type: 'fill-onward' | 'choose-candidate',
  reading: ParseGapsOptions,
): string | undefined {
  if (run === undefined) return undefined;
  const gaps = writtenGaps(run.draft, reading);
  const { gap } = placeOf(lengthsOf(run, reading), run.selected);
  const name = gaps[gap]?.name;
  const alike = gaps.filter((other) => name !== undefined && other.name === name);
  if (alike.length < 2 || (type === 'fill-onward' && alike[0] === gaps[gap])) return undefined;
  return `Gaps of the name ${name} read alike. F takes a candidate in the first of them, and the others follow.`;
}
