// The infill screen's state, event by event and key by key.
import type { InfillEvent } from '@maria/core';
import { parseGaps } from '@maria/core';
import { describe, expect, test } from 'vitest';
import type { Action } from './actions.js';
import { resultOf } from './reducer.js';
import {
  after,
  infillActions,
  maskId,
  modelReady,
  stateOf,
  token,
  vocabulary,
} from './state.test.support.js';
import { keptTokens } from './to-fill.js';

const draft = 'The [MASK] sat[MASK]';
const ready = stateOf({ text: draft }, modelReady);
const filled = after(ready, ...infillActions);

describe('events', () => {
  test('mask a position again, which waits for another token then', () => {
    const masked = after(filled, {
      type: 'infill-event',
      event: { type: 'gap-masked', sample: 0, position: 1, gap: 0, index: 0 },
    }).infill;
    expect([...masked.run!.confidence.keys()]).toEqual([3]);
    expect(masked.run!.candidates.has(1)).toBe(false);
    expect(masked.run!.text).toBeUndefined();
  });

  test('fill the gaps one after the other', () => {
    const states = infillActions.map((_, i) => after(ready, ...infillActions.slice(0, i + 1)).infill);
    expect(states.map(({ phase }) => phase)).toEqual([...Array(5).fill('filling'), 'filled']);
    expect(states.map(({ run }) => run?.ids)).toEqual([
      [0, maskId, 2, maskId],
      [0, 1, 2, maskId],
      [0, 1, 2, maskId],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    expect(states.map(({ run }) => run?.passes)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(filled.infill.run?.text).toBe('The cat sat.');
    expect([...filled.infill.run!.confidence]).toEqual([
      [1, 0.625],
      [3, 0.05],
    ]);
  });

  test('drafts are shown until their place is filled, and go with the first that was wrong', () => {
    const [encoded, first] = infillActions as [Action, Extract<Action, { type: 'infill-event' }>];
    const token = { token: ' x', piece: 'x', bytes: [32] };
    const drafted = (id: number): Action => ({
      type: 'infill-event',
      event: {
        type: 'drafted',
        sample: 0,
        tokens: [
          { position: 1, id, ...token },
          { position: 3, id: 2, ...token },
        ],
      },
    });
    const draftsAfter = (id: number, ...more: Action[]) => [
      ...after(ready, encoded, drafted(id), ...more).infill.run!.drafts.keys(),
    ];
    expect(draftsAfter(1)).toEqual([1, 3]);
    expect(draftsAfter(1, first)).toEqual([1, 3]);
    expect(draftsAfter(2, first)).toEqual([]);
    expect([...after(ready, encoded, drafted(1), ...infillActions.slice(1)).infill.run!.drafts]).toEqual([]);
  });

  test('make the text with the last token', () => {
    expect(resultOf(after(ready, ...infillActions.slice(0, 3)))).toBe(draft);
    expect(resultOf(after(ready, ...infillActions.slice(0, 4)))).toBe('The cat sat.');
  });

  test('move the selection with them, until it was moved by hand', () => {
    expect(filled.infill.run?.selected).toBe(1);
    const moved = after(
      ready,
      ...infillActions.slice(0, 2),
      { type: 'select-gap', by: 1 },
      { type: 'select-gap', by: -1 },
    );
    expect(after(moved, ...infillActions.slice(2)).infill.run?.selected).toBe(0);
  });

  test('of another sample begin anew', () => {
    const [, first] = infillActions;
    const second = { ...first, event: { ...(first as { event: object }).event, sample: 1 } } as typeof first;
    const { run } = after(filled, second!).infill;
    expect(run).toMatchObject({ sample: 1, text: undefined });
    expect([...run!.confidence.keys()]).toEqual([1]);
  });

  test('without a run mean nothing', () => {
    expect(after(ready, infillActions[1]!).infill).toBe(ready.infill);
  });

  test('a stop leaves what is there; an error is told', () => {
    const stopped = after(ready, ...infillActions.slice(0, 2), {
      type: 'infill-stopped',
      message: undefined,
    });
    expect(stopped.infill.phase).toBe('idle');
    expect(stopped.notice).toBeUndefined();
    const failed = after(ready, { type: 'infill-stopped', message: 'Cannot fill the text: it has no gap.' });
    expect(failed.notice).toEqual({ kind: 'error', text: 'Cannot fill the text: it has no gap.' });
    expect(after(filled, { type: 'infill-stopped', message: undefined }).infill.phase).toBe('filled');
  });
});

describe('candidates', () => {
  const explained = after(filled, {
    type: 'explained',
    explained: {
      position: 1,
      candidates: [
        { ...token(1), ar: 0.5, mlm: 0.75, fused: 0.625 },
        { ...token(2), ar: 0.125, mlm: 0.25, fused: 0.25 },
      ],
    },
  });
  const onFirst = after(explained, { type: 'select-gap', by: -1 });

  test('come with the token, and with each model alone when they are explained', () => {
    expect(filled.infill.run?.candidates.get(1)?.[0]).toEqual({ id: 1, token: ' cat', fused: 0.625 });
    expect(explained.infill.run?.candidates.get(1)?.[0]).toMatchObject({ ar: 0.5, mlm: 0.75 });
    // Nobody asked for alternatives: the token itself is the only candidate.
    expect(filled.infill.run?.candidates.get(3)).toEqual([{ id: 3, token: '.', fused: 0.05 }]);
  });

  test('selection and highlight stop at the ends', () => {
    expect(after(onFirst, { type: 'select-gap', by: -5 }).infill.run?.selected).toBe(0);
    expect(after(onFirst, { type: 'select-gap', by: 5 }).infill.run?.selected).toBe(1);
    const down = { type: 'highlight-candidate', by: 1 } as const;
    expect(after(onFirst, down, down, down).infill.run?.highlighted).toBe(1);
    expect(after(onFirst, down, { type: 'select-gap', by: 1 }).infill.run?.highlighted).toBe(0);
  });

  test('one that is taken stands in the text, whose own part stays', () => {
    const taken = after(onFirst, { type: 'highlight-candidate', by: 1 }, { type: 'choose-candidate' });
    expect(taken.infill.run).toMatchObject({ ids: [0, 2, 2, 3], text: 'The sat sat.' });
    expect(taken.infill.run?.confidence.get(1)).toBe(0.25);
    expect(resultOf(taken)).toBe('The sat sat.');
  });

  test('while it is being filled nothing is taken', () => {
    const running = after(ready, ...infillActions.slice(0, 3), { type: 'highlight-candidate', by: 1 });
    expect(after(running, { type: 'choose-candidate' }).infill.run).toEqual(running.infill.run);
  });
});

describe('the draft', () => {
  const typed = (text: string) => ({ type: 'insert', text }) as const;
  const move = (to: 'left' | 'right' | 'up' | 'down' | 'line-start' | 'line-end') =>
    ({ type: 'move-cursor', to }) as const;
  const shown = ({ infill: { draft: text, cursor } }: typeof ready) =>
    `${text.slice(0, cursor)}|${text.slice(cursor)}`;

  test('is typed at the cursor, which moves by what people see as a character', () => {
    const family = '👨‍👩‍👧';
    const state = after(
      stateOf(),
      typed('a'),
      typed(family),
      typed('é'),
      move('left'),
      move('left'),
      typed('[MASK]'),
    );
    expect(shown(state)).toBe(`a[MASK]|${family}é`);
    expect(shown(after(state, move('right'), { type: 'delete-backward' }))).toBe('a[MASK]|é');
    expect(shown(after(state, { type: 'delete-forward' }))).toBe('a[MASK]|é');
    expect(shown(after(state, { type: 'clear-draft' }, { type: 'delete-backward' }, move('left')))).toBe('|');
  });

  test('is walked through by lines, as they are wrapped', () => {
    const state = after(stateOf({ size: { columns: 12, rows: 10 } }), typed('one two three\nfour'));
    expect(shown(after(state, move('up')))).toBe('one two thre|e\nfour');
    expect(shown(after(state, move('up'), move('up')))).toBe('one |two three\nfour');
    expect(shown(after(state, move('up'), move('line-start')))).toBe('one two |three\nfour');
    expect(shown(after(state, move('line-start'), move('up'), move('line-end')))).toBe(
      'one two three|\nfour',
    );
    expect(shown(after(state, move('down')))).toBe('one two three\nfour|');
  });

  test('that is changed forgets the run', () => {
    expect(after(filled, typed('!')).infill).toMatchObject({
      draft: `${draft}!`,
      run: undefined,
      phase: 'idle',
    });
    expect(after(filled, move('left')).infill.run).toBeDefined();
  });

  test('is the result until it is filled', () => {
    expect(resultOf(ready)).toBe(draft);
    expect(resultOf(filled)).toBe('The cat sat.');
  });
});

test('temperature and seed change in their ranges', () => {
  const change = (by: number) => ({ type: 'change-sampling-temperature', by }) as const;
  expect(after(ready, change(3)).infill.temperature).toBeCloseTo(0.3, 12);
  expect(after(ready, change(-1)).infill.temperature).toBe(0);
  expect(after(ready, change(99)).infill.temperature).toBe(2);
  expect(after(stateOf({ seed: 2 ** 32 - 1 }), { type: 'reseed' }).infill.seed).toBe(0);
});

test('filling waits for the model', () => {
  const waiting = after(stateOf({ text: draft }), { type: 'edit' }, { type: 'fill' });
  expect(waiting.infill.isEditing).toBe(true);
  expect(waiting.notice?.text).toBe('The model is still loading.');
  expect(after(waiting, modelReady, { type: 'fill' })).toMatchObject({
    notice: undefined,
    infill: { isEditing: false },
  });
});

describe('what stays', () => {
  const gaps = after(
    stateOf({ text: 'The[MASK*2] sat[MASK]' }, modelReady),
    {
      type: 'infill-event',
      event: { type: 'mlm-encoded', ids: [0, maskId, maskId, 2, maskId], positions: [1, 2, 4] },
    },
    ...[1, 2, 4].map((position, k) => ({
      type: 'infill-event' as const,
      event: {
        type: 'gap-filled' as const,
        sample: 0,
        position,
        gap: 0,
        index: k,
        ...token([1, 2, 3][k]!),
        probability: 0.5,
        alternatives: [{ ...token(4), probability: 0.75 }],
      },
    })),
  );
  const kept = (state: typeof gaps) => [...keptTokens(state.infill.run)];
  const back = { type: 'select-gap', by: -1 } as const;

  test('of a gap of unknown length the run has the length that was found, and keeps it with its tokens', () => {
    const encoded = {
      type: 'mlm-encoded',
      ids: [0, maskId, maskId, 2, maskId],
      positions: [1, 2, 4],
    } as const;
    const told = (event: InfillEvent) => ({ type: 'infill-event', event }) as const;
    const fill = [1, 2, 4].map((position, k) =>
      told({
        type: 'gap-filled',
        sample: 0,
        position,
        gap: 0,
        index: k,
        ...token([1, 2, 3][k]!),
        probability: 0.5,
      }),
    );
    const open = stateOf({ text: 'The[MASK*?] sat[MASK]' }, modelReady);
    const filled = after(
      open,
      told({ type: 'lengths-compared', round: 0, gap: 0, length: 2, candidates: [] }),
      told({ ...encoded, sample: 0, lengths: [2, 1] }),
      ...fill,
    );
    expect(filled.infill.draft).toBe('The[MASK*?] sat[MASK]');
    expect(filled.infill.run?.draft).toBe('The[MASK*2] sat[MASK*1]');
    expect(filled.infill.run?.text).toBe(after(gaps).infill.run?.text);
    const pinned = after(filled, back, { type: 'pin-gap' });
    expect(kept(pinned)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    // The next run fills the text with this length, and tells of none.
    const again = after(pinned, told({ ...encoded, ids: [0, 1, 2, 2, maskId] }));
    expect(again.infill.run?.draft).toBe('The[MASK*2] sat[MASK*1]');
  });

  test('is nothing, or a pinned token, or a pinned gap', () => {
    expect(kept(gaps)).toEqual([]);
    const token = after(gaps, back, { type: 'pin-token' });
    expect(kept(token)).toEqual([[2, 2]]);
    const gap = after(token, { type: 'pin-gap' });
    expect(kept(gap)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(kept(after(gap, { type: 'pin-gap' }))).toEqual([]);
    expect(kept(after(gap, { type: 'pin-token' }))).toEqual([[1, 1]]);
  });

  test('is what is to the left of a taken candidate, the candidate, and what is pinned to its right', () => {
    const taken = after(
      gaps,
      { type: 'pin-token' },
      back,
      back,
      { type: 'highlight-candidate', by: -1 },
      { type: 'fill-onward' },
    );
    expect(kept(taken)).toEqual([
      [1, 4],
      [4, 3],
    ]);
    // Plain filling knows of pins only.
    expect(kept(after(taken, { type: 'fill' }))).toEqual([[4, 3]]);
  });

  test('has its probability and its candidates in the next run, which shows the token that was taken', () => {
    const next = after(
      gaps,
      back,
      { type: 'fill-onward' },
      {
        type: 'infill-event',
        event: { type: 'mlm-encoded', ids: [0, 1, 2, 2, maskId], positions: [1, 2, 4] },
      },
    );
    const run = next.infill.run!;
    expect([...run.confidence.keys()]).toEqual([1, 2]);
    expect([...run.candidates.keys()]).toEqual([1, 2]);
    expect([...run.kept]).toEqual([1, 2]);
    expect(run).toMatchObject({ selected: 1, follows: false, text: undefined });
  });

  test('stays pinned, also where filling is stopped, and is forgotten with the text', () => {
    const pinned = after(
      gaps,
      { type: 'pin-token' },
      {
        type: 'infill-event',
        event: { type: 'mlm-encoded', ids: [0, maskId, maskId, 2, 3], positions: [1, 2, 4] },
      },
    );
    expect(kept(after(pinned, { type: 'infill-stopped', message: undefined }))).toEqual([[4, 3]]);
    expect(kept(after(pinned, { type: 'edit' }, { type: 'insert', text: 'x' }))).toEqual([]);
  });

  test('of a character that is spread over tokens is all of them', () => {
    const bytes = [[0x54], [0xe7, 0x8c], [0xab], [0x2e]].map((part) => Uint8Array.from(part));
    const decode = (ids: ArrayLike<number>) =>
      Buffer.concat(Array.from(ids, (id) => bytes[id] ?? new Uint8Array())).toString();
    const spread = after(gaps, {
      ...modelReady,
      vocabulary: { ...vocabulary, decode },
    });
    expect(kept(after(spread, back, { type: 'pin-token' }))).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });
});

test('the filled text is edited as text: a marker in it is none', () => {
  const state = after(filled, {
    type: 'infill-event',
    event: {
      type: 'done',
      sample: 0,
      text: String.raw`a [MASK] b \[MASK*2]`,
      ids: [],
      gaps: [],
      logLikelihood: 0,
    },
  });
  const { infill } = after(state, { type: 'edit-filled' });
  expect(infill).toMatchObject({ isEditing: true, run: undefined, phase: 'idle' });
  expect(infill.cursor).toBe(infill.draft.length);
  expect(parseGaps(infill.draft)).toEqual({ segments: [String.raw`a [MASK] b \[MASK*2]`], gaps: [] });
});

describe('candidates', () => {
  const select = { type: 'select-gap', by: -1 } as const;
  const explained = (ids: number[], position = 1) =>
    ({
      type: 'explained',
      explained: { position, candidates: ids.map((id) => ({ ...token(id), ar: 0.1, mlm: 0.1, fused: 0.1 })) },
    }) as const;

  test('are shown at the token that was chosen', () => {
    const state = after(filled, explained([3, 2, 1]), select);
    expect(state.infill.run?.highlighted).toBe(2);
  });

  test('that come while one is highlighted leave it so', () => {
    const state = after(filled, select, { type: 'highlight-candidate', by: 1 }, explained([4, 2, 1]));
    expect(state.infill.run?.highlighted).toBe(1);
    expect(after(state, { type: 'choose-candidate' }).infill.run?.ids[1]).toBe(2);
  });
});
