// The state after an action: a pure function of both.
import type { Action } from './actions.js';
import { reduceAnneal } from './anneal-reducer.js';
import { reduceInfill } from './infill-reducer.js';
import type { AppState, ModelState } from './state.js';

export function reduce(state: AppState, action: Action): AppState {
  const model = reduceModel(state.model, action);
  const isOurs = (screen: AppState['screen']) => !isScreenIntent(action) || state.screen === screen;
  const next = {
    ...state,
    model,
    firstLine: showsSelection(action) ? undefined : state.firstLine,
    infill: isOurs('infill')
      ? reduceInfill(state.infill, action, { model, columns: state.size.columns - 1 })
      : state.infill,
    anneal: isOurs('anneal') ? reduceAnneal(state.anneal, action) : state.anneal,
  };
  switch (action.type) {
    case 'resize':
      return { ...next, size: { columns: action.columns, rows: action.rows } };
    case 'notify':
      return { ...next, notice: action.notice };
    case 'switch-screen':
      return { ...next, screen: state.screen === 'infill' ? 'anneal' : 'infill', notice: undefined };
    case 'toggle-help':
      return { ...next, help: state.help === undefined ? 0 : undefined };
    case 'scrolled':
      return action.what === 'help' ? { ...next, help: action.first } : { ...next, firstLine: action.first };
    case 'fill':
    case 'reseed':
    case 'fill-onward':
    case 'restart':
      return {
        ...next,
        notice:
          model.status === 'loading' ? { kind: 'note', text: 'The model is still loading.' } : undefined,
      };
    case 'infill-stopped':
    case 'anneal-stopped':
      return action.message === undefined
        ? next
        : { ...next, notice: { kind: 'error', text: action.message } };
    case 'model-failed':
      return { ...next, notice: { kind: 'error', text: action.message } };
    default:
      return next;
  }
}

/** Whoever moves the selection, or makes another text, wants to see it. */
function showsSelection({ type }: Action): boolean {
  return selecting.includes(type);
}
const selecting: readonly Action['type'][] = [
  'select-gap',
  'move-cell',
  'fill',
  'find-best',
  'ask',
  'open-form',
  'lengthen-gap',
  'shorten-gap',
  'open-gap',
  'fill-onward',
  'reseed',
  'restart',
  'undo',
  'redo',
  'switch-screen',
  'resize',
];

/** A pause on one screen is none on the other. */
function isScreenIntent({ type }: Action): boolean {
  return type === 'toggle-pause' || type === 'step';
}

function reduceModel(model: ModelState, action: Action): ModelState {
  switch (action.type) {
    case 'model-ready': {
      const { vocabulary, cacheCapacity, contextCapacity, isDrawn } = action;
      return { ...model, status: 'ready', vocabulary, cacheCapacity, contextCapacity, isDrawn };
    }
    case 'model-failed':
      return { ...model, status: 'failed' };
    case 'measured':
      return { ...model, cacheLength: action.cacheLength };
    default:
      return model;
  }
}

/** The text that is shown: what a pipeline gets. */
export function resultOf({ screen, infill, anneal }: AppState): string {
  if (screen === 'infill') return infill.run?.text ?? infill.draft;
  const record = anneal.records[anneal.shown ?? anneal.records.length - 1];
  return record?.text ?? infill.draft;
}
