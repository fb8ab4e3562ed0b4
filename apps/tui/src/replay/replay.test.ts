// Recordings: read back, refused where they are damaged, and played.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  annealStart,
  infillEvents,
  maskId,
  modelReady,
  stateOf,
  sweepEvents,
  sweepRecord,
  vocabulary,
} from '../state/state.test.support.js';
import { createStore } from '../state/store.js';
import { framesOf } from './frames.js';
import { createPlayer } from './player.js';
import { checkVocabulary, readRecording } from './recording.js';

const jsonl = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const records = [0, 1, 2].map((sweep) => sweepRecord(sweep));
const infillLines = jsonl(infillEvents.map((event) => ({ input: 0, inputId: 'x', ...event })));

describe('reading', () => {
  test('events of infilling, traces, and events of annealing', async () => {
    expect(await readRecording(infillLines, 'x')).toEqual({ kind: 'infill', events: infillEvents });
    expect(await readRecording(jsonl(records), 'x')).toEqual({ kind: 'anneal', records });
    const events = [annealStart, ...[0, 1, 2].flatMap(sweepEvents)].map((event) => ({ chain: 0, ...event }));
    expect(await readRecording(jsonl(events), 'x')).toEqual({ kind: 'anneal', records });
  });

  test('events of a denoiser, which masks positions again', async () => {
    const [encoded, ...rest] = infillEvents;
    const remasked = { type: 'gap-masked', sample: 0, position: 1, gap: 0, index: 0 } as const;
    const events = [encoded!, remasked, ...rest];
    expect(await readRecording(jsonl(events), 'x')).toEqual({ kind: 'infill', events });
    await expect(readRecording(jsonl([encoded, { ...remasked, position: 99 }]), 'x')).rejects.toThrow(
      'position 99 is beyond',
    );
  });

  test('of several chains the first is shown; failed texts are passed over; a cut last line is left out', async () => {
    const chains = [...records, ...records.map((record) => ({ ...record, chain: 1 }))];
    expect(await readRecording(jsonl(chains), 'x')).toEqual({ kind: 'anneal', records });
    expect(await readRecording(`${jsonl(records)}{"seed":0,`, 'x')).toEqual({ kind: 'anneal', records });
    expect(await readRecording(jsonl(records).trimEnd(), 'x')).toEqual({ kind: 'anneal', records });
    const failed = `${JSON.stringify({ input: 1, type: 'error', error: {} })}\n${infillLines}`;
    expect(await readRecording(failed, 'x')).toEqual({ kind: 'infill', events: infillEvents });
  });

  test('gaps of unknown length: each sample has a sequence of its own', async () => {
    const candidate = { length: 1, ids: [1], text: 'cat', logFill: -1, logText: -9, logAfter: -7, score: -8 };
    const compared = { type: 'lengths-compared', round: 0, gap: 0, length: 1, candidates: [candidate] };
    const [encoded, ...rest] = infillEvents;
    const sampled = [{ ...encoded, sample: 0, lengths: [1, 1] }, ...rest];
    const longer = {
      type: 'mlm-encoded',
      sample: 1,
      lengths: [2, 2],
      ids: [0, 9, 9, 2, 9, 9],
      positions: [1, 2, 4, 5],
    };
    const events = [compared, ...sampled, longer, { ...infillEvents[1], sample: 1, position: 5 }];
    expect(await readRecording(jsonl(events), 'x')).toEqual({ kind: 'infill', events });
  });

  test('what was asked shows in the parts of legal tokens, and the best fills in their weights', async () => {
    const events = infillEvents.map((event) =>
      event.type === 'gap-filled'
        ? { ...event, legalMass: 0.25 }
        : event.type === 'done'
          ? { ...event, weight: 1, jointLogLikelihood: -3.5 }
          : event,
    );
    expect(await readRecording(jsonl(events), 'x')).toEqual({ kind: 'infill', events });
  });

  test('what is told of drafts and of windows is read too', async () => {
    const planned = { type: 'windows-planned', windows: [{ start: 0, end: 4, tokens: 2 }] };
    const drafted = {
      type: 'drafted',
      sample: 0,
      tokens: [{ position: 1, id: 2, token: 'a', piece: 'a', bytes: [97] }],
    };
    const events = [planned, infillEvents[0], drafted, ...infillEvents.slice(1)];
    expect(await readRecording(jsonl(events), 'x')).toEqual({ kind: 'infill', events });
    await expect(
      readRecording(
        jsonl([infillEvents[0], { ...drafted, tokens: [{ ...drafted.tokens[0], position: 4 }] }]),
        'x',
      ),
    ).rejects.toThrow('position 4 is beyond its 4 ids');
  });

  test.each([
    ['', 'Cannot replay t.jsonl: it is empty.'],
    ['\n', 'Cannot replay line 1 of t.jsonl: it is not JSON.'],
    ['no json\n', 'Cannot replay line 1 of t.jsonl: it is not JSON.'],
    ['[1]\n', 'Cannot replay line 1 of t.jsonl: it is not a JSON object.'],
    [
      '{"text":"x"}\n',
      'Cannot replay line 1 of t.jsonl: no event of a recorded run (key "type": it must be one of "windows-planned", "lengths-compared", "mlm-encoded", "drafted", "gap-filled", "gap-masked", "step-end", "done", and is missing)',
    ],
    [
      jsonl([records[0], { ...records[1], energy: 'low' }]),
      'Cannot read line 2 of t.jsonl: not a record of a sweep',
    ],
    [jsonl([records[0], records[2]]), 'Cannot replay line 2 of t.jsonl: sweep 2 follows 1 sweeps.'],
    [
      jsonl([records[0], { ...records[1], ids: [0], confidence: [1], changed: [], masked: [] }]),
      'Cannot replay line 2 of t.jsonl: it has 1 ids',
    ],
    [jsonl([annealStart]), 'Cannot replay t.jsonl: no sweep is recorded in it.'],
    [
      jsonl([annealStart, { type: 'step-end' }]),
      'Cannot replay line 2 of t.jsonl: an event of annealing is never "step-end".',
    ],
    [
      jsonl([infillEvents[0], { ...infillEvents[1], position: 4 }]),
      'Cannot replay line 2 of t.jsonl: position 4 is beyond its 4 ids.',
    ],
    [
      jsonl([{ ...infillEvents[0], positions: [1, 2, 1, 2] }]),
      'Cannot replay line 1 of t.jsonl: position 1 does not follow the one before it.',
    ],
    [
      jsonl([{ ...infillEvents[1], probability: 2 }]),
      'Cannot replay line 1 of t.jsonl: no event of a recorded run (key "probability": it must be a number of at least 0 and of at most 1, and is 2)',
    ],
    [jsonl([infillEvents.at(-1)]), 'Cannot replay t.jsonl: no run is recorded in it.'],
  ])('refuses %j', async (text, message) => {
    await expect(readRecording(text, 't.jsonl')).rejects.toThrow(
      expect.objectContaining({ exitStatus: 3, message: expect.stringContaining(message) }),
    );
  });

  test('others have turns while a long one is read', async () => {
    const many = Array.from({ length: 400 }, (_, sweep) => sweepRecord(sweep));
    let turns = 0;
    let isRead = false;
    const count = () => {
      turns++;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    expect(await readRecording(jsonl(many), 'x')).toEqual({ kind: 'anneal', records: many });
    isRead = true;
    // Lines are parsed, then read as records.
    expect(turns).toBeGreaterThan(2 * (400 / 16));
  });

  test('the ids must be those of the model', async () => {
    const recording = await readRecording(jsonl(records), 'x');
    expect(() => checkVocabulary(recording, 4, 'x')).not.toThrow();
    expect(() => checkVocabulary(recording, 3, 'x')).toThrow(
      "Cannot replay x: it has token 3, and the model's vocabulary has 3.",
    );
    const infilling = await readRecording(infillLines, 'x');
    expect(() => checkVocabulary(infilling, 9, 'x')).toThrow(/has token 9/);
  });
});

describe('playing', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pause = { type: 'toggle-pause' } as const;

  test('an infilling comes event by event, stands still in a pause, goes on by steps, and tells its end', () => {
    const store = createStore(stateOf({ isReplay: true }, modelReady));
    const onEnd = vi.fn();
    const player = createPlayer(store, { kind: 'infill', events: infillEvents }, onEnd);
    const filled = () => store.getState().infill.run?.confidence.size;
    player.play();
    expect(filled()).toBe(0);
    vi.advanceTimersByTime(130);
    expect(filled()).toBe(1);
    store.dispatch(pause);
    vi.advanceTimersByTime(10_000);
    expect(filled()).toBe(1);
    player.step();
    expect(filled()).toBe(2);
    store.dispatch(pause);
    vi.advanceTimersByTime(10_000);
    expect(store.getState().infill.phase).toBe('filled');
    expect(onEnd).toHaveBeenCalledTimes(1);
    player.play();
    expect(filled()).toBe(0);
    player.stop();
  });

  test('an annealing moves on sweep by sweep to its end', () => {
    const store = createStore(stateOf({ isReplay: true, screen: 'anneal' }, modelReady));
    const player = createPlayer(store, { kind: 'anneal', records }, () => {});
    player.play();
    const shown = () => store.getState().anneal.shown;
    expect(shown()).toBe(0);
    vi.advanceTimersByTime(410);
    expect(shown()).toBe(1);
    store.dispatch(pause);
    vi.advanceTimersByTime(10_000);
    expect(shown()).toBe(1);
    store.dispatch(pause);
    vi.advanceTimersByTime(10_000);
    expect(store.getState().anneal).toMatchObject({ shown: 2, phase: 'done' });
    player.stop();
  });
});

describe('as frames', () => {
  /** The text of each frame, with a dot for what is open. */
  const texts = (frames: Awaited<ReturnType<typeof framesOf>>) => {
    const cells: string[] = [];
    return frames.map(({ length, changes }) => {
      for (const [i, { kind, text }] of changes)
        cells[i] = kind === 'filled' || kind === 'given' ? text : '·';
      return cells.slice(0, length).join('');
    });
  };

  test('each step of filling changes only what it fills', async () => {
    const frames = await framesOf({ kind: 'infill', events: infillEvents }, vocabulary);
    expect(texts(frames).slice(0, 2)).toEqual(['The· sat·', 'The cat sat·']);
    expect(frames[0]!.note).toBe('0 of 2 tokens, log-likelihood 0.00');
    // The token, and the next one.
    expect(frames[1]!.changes.map(([i]) => i)).toEqual([1, 3]);
    expect(frames[1]!.changes[0]![1]).toMatchObject({ kind: 'filled', id: 1, confidence: 0.625 });
    const shorter = { type: 'mlm-encoded', ids: [0, maskId], positions: [1] } as const;
    const two = await framesOf({ kind: 'infill', events: [...infillEvents, shorter] }, vocabulary);
    expect(texts(two).at(-1)).toBe('The·');
  });

  test('a sweep of annealing is a frame', async () => {
    const frames = await framesOf({ kind: 'anneal', records }, vocabulary);
    expect(frames).toHaveLength(3);
    expect(frames[1]!.note).toMatch(/^sweep 2 of 3, energy [\d.-]+, temperature [\d.]+/);
  });
});
