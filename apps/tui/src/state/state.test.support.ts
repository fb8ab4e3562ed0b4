// States and events for tests of reducers, views and components.
import {
  type AnnealEvent,
  type InfillEvent,
  type SweepRecord,
  type Token,
  tokenOf,
  type Vocabulary,
} from '@maria/core';
import type { Action } from './actions.js';
import { reduce } from './reducer.js';
import { type AppState, initialState, type Settings } from './state.js';

/** Ids below 5 are these words; id 9 is the mask. */
export const words = ['The', ' cat', ' sat', '.', '\n'];
export const maskId = 9;

const pieces = (text: string) => text.match(/ ?[^ .\n]+|[.\n]/g) ?? [];
const idsOf = (text: string) => Int32Array.from(pieces(text), (word) => Math.max(0, words.indexOf(word)));

export const vocabulary: Vocabulary = {
  encode: async (text) => idsOf(text),
  tokenize: async (text) => {
    const ends = pieces(text).map(
      (
        (end) => (piece: string) =>
          (end += piece.length)
      )(0),
    );
    return {
      ids: idsOf(text),
      starts: Int32Array.from([0, ...ends.slice(0, -1)]),
      ends: Int32Array.from(ends),
    };
  },
  tokens: words,
  bytesOf: (id) => new TextEncoder().encode(words[id] ?? '?'),
  decode: (ids) => Array.from(ids, (id) => words[id] ?? '?').join(''),
  size: 10,
  maskId,
  specialIds: new Set([maskId]),
  maskToken: '[MASK]',
};

/** A token of the vocabulary, as events tell it. */
export function token(id: number): Token {
  return tokenOf(vocabulary, id);
}

export function stateOf(settings: Partial<Settings> = {}, ...actions: Action[]): AppState {
  const initial = initialState({
    text: '',
    screen: 'infill',
    seed: 0,
    temperature: 0,
    sweeps: 4,
    system: 'maria',
    asked: undefined,
    best: 8,
    isReplay: false,
    size: { columns: 80, rows: 24 },
    ...settings,
  });
  return after(initial, ...actions);
}

export function after(state: AppState, ...actions: Action[]): AppState {
  return actions.reduce(reduce, state);
}

export const modelReady: Extract<Action, { type: 'model-ready' }> = {
  type: 'model-ready',
  vocabulary,
  cacheCapacity: 64,
  contextCapacity: 32,
  isDrawn: false,
};

/** `The [MASK] sat[MASK]` with its two gaps filled. */
export const infillEvents: readonly InfillEvent[] = [
  { type: 'mlm-encoded', ids: [0, maskId, 2, maskId], positions: [1, 3] },
  {
    type: 'gap-filled',
    sample: 0,
    position: 1,
    gap: 0,
    index: 0,
    ...token(1),
    probability: 0.625,
    alternatives: [
      { ...token(1), probability: 0.625 },
      { ...token(2), probability: 0.25 },
    ],
  },
  { type: 'step-end', sample: 0, step: 0, fed: 1, filled: 1 },
  { type: 'gap-filled', sample: 0, position: 3, gap: 1, index: 0, ...token(3), probability: 0.05 },
  { type: 'step-end', sample: 0, step: 1, fed: 2, filled: 1 },
  {
    type: 'done',
    sample: 0,
    text: 'The cat sat.',
    ids: [0, 1, 2, 3],
    gaps: [
      { position: 1, ids: [1], tokens: [token(1)], text: 'cat', probabilities: [0.625] },
      { position: 3, ids: [3], tokens: [token(3)], text: '.', probabilities: [0.05] },
    ],
    logLikelihood: -3.4657,
  },
];

/** As a denoiser fills it: both tokens in one step, one of them masked again, and another in its place. */
export const denoisingEvents: readonly InfillEvent[] = [
  infillEvents[0]!,
  infillEvents[1]!,
  infillEvents[3]!,
  { type: 'step-end', sample: 0, step: 0, fed: 4, filled: 2 },
  { type: 'gap-masked', sample: 0, position: 1, gap: 0, index: 0 },
  { type: 'step-end', sample: 0, step: 1, fed: 4, filled: 0 },
  { type: 'gap-filled', sample: 0, position: 1, gap: 0, index: 0, ...token(2), probability: 0.5 },
  { type: 'step-end', sample: 0, step: 2, fed: 4, filled: 1 },
];

/** A denoiser has no KV cache. */
export const denoiserReady: Action = { type: 'model-ready', vocabulary, contextCapacity: 32, isDrawn: true };

export const infillActions = infillEvents.map((event): Action => ({ type: 'infill-event', event }));

export function sweepRecord(sweep: number, more: Partial<SweepRecord> = {}): SweepRecord {
  return {
    seed: 0,
    chain: 0,
    sweep,
    text: `The${words[(sweep % 3) + 1]} sat.`,
    ids: [0, (sweep % 3) + 1, 2, 3],
    changed: [1],
    masked: sweep === 0 ? [1, 2, 3] : [1],
    energy: 20 - sweep,
    temperature: 1 - sweep / 10,
    maskRate: 0.5,
    accepted: sweep !== 2,
    confidence: [1, 0.5, 0.125, 0.05],
    elapsedMs: 10 * (sweep + 1),
    ...more,
  };
}

/** Start of a run over `The[MASK*3]`, and then the events of one sweep. */
export const annealStart: AnnealEvent = {
  type: 'anneal-start',
  ids: [0, maskId, maskId, maskId],
  free: [1, 2, 3],
  maskId,
};

export function sweepEvents(sweep: number): AnnealEvent[] {
  const record = sweepRecord(sweep);
  const { masked, temperature, maskRate } = record;
  return [
    { type: 'sweep-start', sweep, masked, temperature, maskRate },
    ...masked.map(
      (position): AnnealEvent => ({
        type: 'gap-filled',
        sample: 0,
        position,
        gap: 0,
        index: 0,
        ...token(record.ids[position]!),
        probability: record.confidence[position]!,
      }),
    ),
    { type: 'sweep-end', ...record },
  ];
}

export function annealActions(...events: AnnealEvent[]): Action[] {
  return events.map((event) => ({ type: 'anneal-event', event }));
}
