// The state of the anneal screen after an action.
import type { AnnealEvent } from '@maria/core';
import type { Action } from './actions.js';
import { bestSweep } from './best-sweep.js';
import { type AnnealState, idleAnneal } from './state.js';

/** Steps of the keys, and where they stop. */
const temperatures = { step: 0.1, least: 0, most: 3 };
const maskRates = { step: 0.05, least: 0, most: 1 };

export function reduceAnneal(state: AnnealState, action: Action): AnnealState {
  switch (action.type) {
    case 'anneal-event':
      return reduceEvent(state, action.event);
    case 'anneal-started':
      return {
        ...idleAnneal,
        sweeps: state.sweeps,
        seed: action.seed,
        phase: 'running',
        control: state.control,
      };
    case 'anneal-stopped':
      return ended(state, action.message !== undefined);
    case 'pause-annealing':
      return { ...state, phase: 'paused' };
    case 'play-next-sweep':
      return { ...state, shown: shownAfter(state, 1) };
    case 'records-loaded':
      return withRecords(state, action.records);
    case 'measured':
      return action.of === 'anneal' ? { ...state, tokensPerSecond: action.tokensPerSecond } : state;
    default:
      return reduceIntent(state, action);
  }
}

/** A recording: it is shown from its first sweep on. */
function withRecords(state: AnnealState, records: AnnealState['records']): AnnealState {
  const first = records[0];
  if (first === undefined) return state;
  return {
    ...state,
    phase: 'running',
    seed: first.seed,
    sweeps: records.length,
    records,
    shown: 0,
    ids: records.at(-1)!.ids,
    free: first.masked,
    cursor: first.masked[0] ?? 0,
  };
}

function reduceEvent(state: AnnealState, event: AnnealEvent): AnnealState {
  switch (event.type) {
    case 'anneal-start':
      return {
        ...state,
        ids: event.ids,
        free: event.free,
        confidence: event.ids.map(() => 1),
        cursor: event.free[0] ?? 0,
      };
    case 'sweep-start':
      return {
        ...state,
        masked: event.masked,
        filled: new Set(),
        temperature: event.temperature,
        maskRate: event.maskRate,
      };
    case 'gap-filled':
      return {
        ...state,
        ids: state.ids.with(event.position, event.id),
        confidence: state.confidence.with(event.position, event.probability),
        filled: new Set(state.filled).add(event.position),
      };
    case 'sweep-end': {
      const { type: _, ...record } = event;
      return {
        ...state,
        phase: state.phase === 'pausing' ? 'paused' : state.phase,
        ids: record.ids,
        confidence: record.confidence,
        records: [...state.records, record],
      };
    }
    case 'done':
      return { ...state, phase: 'done', shown: state.shown ?? bestSweep(state.records) };
  }
}

/** A recording that was played to its end shows its best sweep, as a run does that is done. */
function ended(state: AnnealState, isBroken: boolean): AnnealState {
  if (state.records.length === 0) return { ...state, phase: 'idle' };
  if (state.phase === 'done' || isBroken) return { ...state, phase: 'done' };
  return { ...state, phase: 'done', shown: bestSweep(state.records) };
}

function reduceIntent(state: AnnealState, action: Action): AnnealState {
  switch (action.type) {
    case 'toggle-pause':
    case 'step':
      return { ...state, phase: phaseAfter(state, action.type), shown: shownOnResume(state, action.type) };
    case 'show-sweep':
      // Who moves through a recording does not want it to move on.
      return { ...state, shown: shownAfter(state, action.by), ...(isPlaying(state) && { phase: 'paused' }) };
    case 'show-best':
      return {
        ...state,
        shown: bestSweep(state.records),
        ...(isPlaying(state) && { phase: 'paused' }),
      };
    case 'move-cell':
      return { ...state, cursor: cursorAfter(state, action.by) };
    case 'mark-span':
      return { ...state, mark: state.mark === undefined ? state.cursor : undefined };
    case 'toggle-pin':
      return { ...state, pinned: pinnedAfter(state), mark: undefined };
    case 'unpin-all':
      return { ...state, pinned: new Set() };
    case 'change-temperature':
      return withControl(state, 'temperature', action.by, temperatures);
    case 'change-mask-rate':
      return withControl(state, 'maskRate', action.by, maskRates);
    case 'follow-schedule':
      return { ...state, control: {} };
    default:
      return state;
  }
}

function phaseAfter(state: AnnealState, intent: 'toggle-pause' | 'step'): AnnealState['phase'] {
  const { phase } = state;
  if (phase === 'idle' || phase === 'done') return phase;
  if (intent === 'step') return 'pausing';
  if (phase !== 'running') return 'running';
  return isPlaying(state) ? 'paused' : 'pausing';
}

/** Who goes on wants to see the sweep in hand. */
function shownOnResume(state: AnnealState, intent: 'toggle-pause' | 'step'): number | undefined {
  const goesOn = intent === 'step' || state.phase === 'paused';
  return goesOn && hasSweepInHand(state) ? undefined : state.shown;
}

/** False for a finished run, and for a recording. */
function hasSweepInHand({ phase, masked }: AnnealState): boolean {
  return phase !== 'done' && masked.length > 0;
}

/** A recording that moves on by itself. */
function isPlaying(state: AnnealState): boolean {
  return state.phase === 'running' && !hasSweepInHand(state) && state.records.length > 0;
}

/** The slider: beyond the last recorded sweep is the one in hand, if there is one. */
function shownAfter(state: AnnealState, by: number): number | undefined {
  const { shown, records } = state;
  if (records.length === 0) return undefined;
  const last = records.length - 1;
  const end = hasSweepInHand(state) ? records.length : last;
  const at = Math.max(0, Math.min(end, (shown ?? end) + by));
  return at > last ? undefined : at;
}

/** From one free position to another. */
function cursorAfter({ free, cursor }: AnnealState, by: number): number {
  const at = Math.max(0, Math.min(free.length - 1, free.indexOf(cursor) + by));
  return free[at] ?? cursor;
}

/** Positions of the span between mark and cursor; only free ones can be pinned. */
export function markedSpan({ cursor, mark, free }: AnnealState): number[] {
  const [start, end] = [Math.min(cursor, mark ?? cursor), Math.max(cursor, mark ?? cursor)];
  return free.filter((position) => position >= start && position <= end);
}

/** Pins the span, or unpins it if all of it is pinned. */
function pinnedAfter(state: AnnealState): ReadonlySet<number> {
  const span = markedSpan(state);
  const isPinned = span.every((position) => state.pinned.has(position));
  return isPinned
    ? new Set([...state.pinned].filter((position) => !span.includes(position)))
    : new Set([...state.pinned, ...span]);
}

function withControl(
  state: AnnealState,
  name: 'temperature' | 'maskRate',
  by: number,
  { step, least, most }: { step: number; least: number; most: number },
): AnnealState {
  const now = state.control[name] ?? state[name] ?? most / 2;
  const next = Math.min(most, Math.max(least, (Math.round(now / step) + by) * step));
  return { ...state, control: { ...state.control, [name]: Number(next.toFixed(4)) } };
}
