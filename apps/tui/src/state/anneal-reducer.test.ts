// The anneal screen's state, event by event and key by key.
import { describe, expect, test } from 'vitest';
import { markedSpan } from './anneal-reducer.js';
import { resultOf } from './reducer.js';
import {
  after,
  annealActions,
  annealStart,
  maskId,
  modelReady,
  stateOf,
  sweepEvents,
  sweepRecord,
} from './state.test.support.js';

const started = stateOf(
  { screen: 'anneal', text: 'The[MASK*3]' },
  modelReady,
  { type: 'anneal-started', seed: 0 },
  ...annealActions(annealStart),
);
const afterSweeps = (count: number) =>
  after(started, ...annealActions(...Array.from({ length: count }, (_, sweep) => sweepEvents(sweep)).flat()));

describe('events', () => {
  test('show masks, tokens as they come, and the record of the sweep', () => {
    expect(started.anneal).toMatchObject({
      phase: 'running',
      ids: [0, maskId, maskId, maskId],
      free: [1, 2, 3],
      cursor: 1,
    });
    const [start, first] = sweepEvents(0);
    const filling = after(started, ...annealActions(start!, first!)).anneal;
    expect(filling).toMatchObject({
      masked: [1, 2, 3],
      ids: [0, 1, maskId, maskId],
      temperature: 1,
      maskRate: 0.5,
    });
    expect([...filling.filled]).toEqual([1]);
    const two = afterSweeps(2).anneal;
    expect(two.records).toEqual([sweepRecord(0), sweepRecord(1)]);
    expect(two.ids).toEqual(sweepRecord(1).ids);
  });

  test('of a start forget the run before, but not what a person has set', () => {
    const changed = after(afterSweeps(2), { type: 'toggle-pin' }, { type: 'change-temperature', by: 1 });
    const again = after(changed, { type: 'anneal-started', seed: 8 }).anneal;
    expect(again).toMatchObject({ seed: 8, sweeps: 4, records: [], control: { temperature: 1 } });
    expect(again.pinned.size).toBe(0);
  });

  test('the end keeps the records; an error is told', () => {
    const record = sweepRecord(1);
    const done = after(afterSweeps(2), ...annealActions({ type: 'done', last: record, best: record }));
    expect(done.anneal.phase).toBe('done');
    const failed = after(afterSweeps(1), { type: 'anneal-stopped', message: 'Cannot anneal: x.' });
    expect(failed).toMatchObject({
      anneal: { phase: 'done' },
      notice: { kind: 'error', text: 'Cannot anneal: x.' },
    });
    expect(after(started, { type: 'anneal-stopped', message: undefined }).anneal.phase).toBe('idle');
  });
});

describe('pause and step', () => {
  const pause = { type: 'toggle-pause' } as const;
  test('a pause begins after the sweep in hand', () => {
    const pausing = after(afterSweeps(1), pause);
    expect(pausing.anneal.phase).toBe('pausing');
    expect(after(pausing, pause).anneal.phase).toBe('running');
    const paused = after(pausing, ...annealActions(...sweepEvents(1)));
    expect(paused.anneal.phase).toBe('paused');
    expect(after(paused, pause).anneal.phase).toBe('running');
  });

  test('a step ends in a pause after its sweep', () => {
    const stepping = after(afterSweeps(1), { type: 'pause-annealing' }, { type: 'step' });
    expect(stepping.anneal.phase).toBe('pausing');
    expect(after(stepping, ...annealActions(...sweepEvents(1))).anneal.phase).toBe('paused');
  });

  test('who goes on sees the sweep in hand', () => {
    const back = after(afterSweeps(2), { type: 'pause-annealing' }, { type: 'show-sweep', by: -2 });
    expect(back.anneal.shown).toBe(0);
    expect(after(back, pause).anneal.shown).toBeUndefined();
  });

  test('on the other screen mean nothing here', () => {
    const elsewhere = after(afterSweeps(1), { type: 'switch-screen' }, pause);
    expect(elsewhere.anneal.phase).toBe('running');
  });

  test('what is over does not go on', () => {
    const done = after(afterSweeps(1), { type: 'anneal-stopped', message: undefined });
    expect(after(done, pause, { type: 'step' }).anneal.phase).toBe('done');
  });
});

describe('the slider', () => {
  const by = (steps: number) => ({ type: 'show-sweep', by: steps }) as const;
  const shown = (state: typeof started, ...steps: number[]) => after(state, ...steps.map(by)).anneal.shown;

  test('goes through the recorded sweeps and on to the one in hand', () => {
    const state = afterSweeps(3);
    expect(shown(state, -1)).toBe(2);
    expect(shown(state, -1, -1)).toBe(1);
    expect(shown(state, -99)).toBe(0);
    expect(shown(state, -2, 99)).toBeUndefined();
    expect(shown(started, -1)).toBeUndefined();
  });

  test('ends at the last sweep when the run is over', () => {
    const done = after(afterSweeps(3), { type: 'anneal-stopped', message: undefined });
    expect(shown(done, -1)).toBe(1);
    expect(shown(done, -1, 5)).toBe(2);
  });

  test('decides what the result is', () => {
    expect(resultOf(afterSweeps(3))).toBe(sweepRecord(2).text);
    expect(resultOf(after(afterSweeps(3), by(-2)))).toBe(sweepRecord(1).text);
    expect(resultOf(started)).toBe('The[MASK*3]');
  });
});

describe('a recording', () => {
  const records = [0, 1, 2].map((sweep) => sweepRecord(sweep, { seed: 6 }));
  const loaded = stateOf({ screen: 'anneal', isReplay: true }, modelReady, {
    type: 'records-loaded',
    records,
  });

  test('is shown from its first sweep on, and ends with its last', () => {
    expect(loaded.anneal).toMatchObject({ phase: 'running', seed: 6, sweeps: 3, shown: 0, free: [1, 2, 3] });
    const next = { type: 'play-next-sweep' } as const;
    expect(after(loaded, next, next, next).anneal).toMatchObject({ shown: 2, phase: 'running' });
  });

  test('stands still for who moves through it', () => {
    const moved = after(loaded, { type: 'show-sweep', by: 1 });
    expect(moved.anneal).toMatchObject({ shown: 1, phase: 'paused' });
    expect(after(moved, { type: 'toggle-pause' }).anneal).toMatchObject({ shown: 1, phase: 'running' });
  });
});

describe('pins', () => {
  const move = (by: number) => ({ type: 'move-cell', by }) as const;
  test('of a token and of a span, on free tokens only', () => {
    const one = after(afterSweeps(1), move(1), { type: 'toggle-pin' });
    expect([...one.anneal.pinned]).toEqual([2]);
    const marked = after(afterSweeps(1), { type: 'mark-span' }, move(99));
    expect(marked.anneal.cursor).toBe(3);
    expect(markedSpan(marked.anneal)).toEqual([1, 2, 3]);
    const span = after(marked, { type: 'toggle-pin' });
    expect([...span.anneal.pinned]).toEqual([1, 2, 3]);
    expect(span.anneal.mark).toBeUndefined();
    expect([...after(span, { type: 'toggle-pin' }).anneal.pinned]).toEqual([1, 2]);
    expect(after(span, { type: 'unpin-all' }).anneal.pinned.size).toBe(0);
    expect(after(marked, { type: 'mark-span' }).anneal.mark).toBeUndefined();
  });
});

test('temperature and mask rate start from what the schedule says, and go back to it', () => {
  const state = afterSweeps(2);
  const changed = after(state, { type: 'change-temperature', by: 2 }, { type: 'change-mask-rate', by: -1 });
  expect(changed.anneal.control).toEqual({ temperature: 1.1, maskRate: 0.45 });
  expect(after(changed, { type: 'change-mask-rate', by: 99 }).anneal.control.maskRate).toBe(1);
  expect(after(changed, { type: 'change-temperature', by: -99 }).anneal.control.temperature).toBe(0);
  expect(after(changed, { type: 'follow-schedule' }).anneal.control).toEqual({});
});

describe('the best sweep', () => {
  const sweeps = (energies: number[]) =>
    energies.flatMap((energy, sweep) =>
      sweepEvents(sweep).map((event) => (event.type === 'sweep-end' ? { ...event, energy } : event)),
    );
  const record = sweepRecord(0);
  const done = annealActions({ type: 'done', last: record, best: record });

  test('is shown when the run is over, and is what a pipeline gets', () => {
    const running = after(started, ...annealActions(...sweeps([20, 11, 11, 30])));
    expect(running.anneal.shown).toBeUndefined();
    const over = after(running, ...done, { type: 'anneal-stopped', message: undefined });
    expect(over.anneal).toMatchObject({ phase: 'done', shown: 1 });
    expect(resultOf(over)).toBe(sweepRecord(1).text);
    // Whoever looks at another sweep goes on looking at it.
    const looking = after(running, { type: 'show-sweep', by: -2 }, ...done);
    expect(looking.anneal.shown).toBe(2);
  });

  test('is shown at the end of a recording, and on demand', () => {
    const records = [9, 3, 5].map((energy, sweep) => sweepRecord(sweep, { energy }));
    const replay = stateOf({ isReplay: true, screen: 'anneal' }, modelReady, {
      type: 'records-loaded',
      records,
    });
    expect(after(replay, { type: 'anneal-stopped', message: undefined }).anneal).toMatchObject({
      phase: 'done',
      shown: 1,
    });
    expect(after(replay, { type: 'show-best' }).anneal).toMatchObject({ phase: 'paused', shown: 1 });
    expect(after(started, { type: 'show-best' }).anneal.shown).toBeUndefined();
  });
});
