// PageUp and PageDown in each text and list that scrolls.
import type { AnnealEvent } from '@maria/core';
import { describe, expect, test } from 'vitest';
import type { AppState } from '../state/state.js';
import {
  after,
  annealActions,
  infillActions,
  maskId,
  modelReady,
  stateOf,
  sweepEvents,
  token,
} from '../state/state.test.support.js';
import { bodyLines } from './body.js';
import { scrolled } from './scrolled.js';
import { themeOf } from './theme.js';

const theme = themeOf('none');
const small = { columns: 40, rows: 10 };
const paged = (state: AppState, by: 1 | -1): AppState => {
  const action = scrolled(state, { type: 'scroll', unit: 'page', by }, theme);
  return action === undefined ? state : after(state, action);
};
const shown = (state: AppState) => bodyLines(state, theme)!;

/** A filled text of many lines, with its gap in the first of them. */
const ids = [9, ...Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 2 : 4))];
const long = after(
  stateOf({ text: '[MASK]', size: small }, modelReady),
  { type: 'infill-event', event: { type: 'mlm-encoded', ids, positions: [0] } },
  {
    type: 'infill-event',
    event: { type: 'gap-filled', sample: 0, position: 0, gap: 0, index: 0, ...token(0), probability: 0.5 },
  },
);

describe('the text of a run', () => {
  test('goes down by its rows but one, to its end and not further, and up again', () => {
    expect(shown(long)).toMatchObject({ first: 0, count: 31 });
    const firsts: number[] = [];
    let at = long;
    for (let i = 0; i < 20; i++) {
      at = paged(at, 1);
      firsts.push(shown(at).first);
    }
    expect(firsts.slice(0, 3)).toEqual([2, 4, 6]);
    expect(firsts.slice(-2)).toEqual([28, 28]);
    expect(shown(paged(at, -1)).first).toBe(26);
  });

  test('is that around the selected token again when the selection moves, or the size changes', () => {
    const down = paged(paged(long, 1), 1);
    for (const action of [
      { type: 'select-gap', by: 1 },
      { type: 'resize', ...small },
    ] as const)
      expect(shown(after(down, action)).first).toBe(0);
    // Candidates of the selected token can be looked at meanwhile.
    expect(shown(after(down, { type: 'highlight-candidate', by: 1 })).first).toBe(4);
  });

  test('of annealing too', () => {
    const text = Array.from({ length: 40 }, () => 4);
    const start: AnnealEvent = {
      type: 'anneal-start',
      ids: [0, maskId, maskId, maskId, ...text],
      free: [1, 2, 3],
      maskId,
    };
    const events = sweepEvents(0).map((event) =>
      event.type === 'sweep-end'
        ? { ...event, ids: [...event.ids, ...text], confidence: [...event.confidence, ...text.map(() => 1)] }
        : event,
    );
    const annealed = after(
      stateOf({ screen: 'anneal', size: small }, modelReady),
      ...annealActions(start, ...events),
    );
    expect(shown(paged(annealed, 1)).first).toBe(3);
  });
});

test('candidates where all of the text is shown', () => {
  const filled = after(
    stateOf({ text: 'The [MASK] sat[MASK]', size: small }, modelReady),
    ...infillActions,
    { type: 'select-gap', by: -1 },
    {
      type: 'explained',
      explained: {
        position: 1,
        candidates: [0, 1, 2, 3, 4].map((id) => ({ ...token(id), ar: 0.1, mlm: 0.1, fused: 0.2 })),
      },
    },
  );
  const highlighted = (state: AppState) => state.infill.run?.highlighted;
  // Two candidates are shown, and one of them stays.
  expect(highlighted(filled)).toBe(1);
  expect(highlighted(paged(filled, 1))).toBe(2);
  expect(highlighted(paged(paged(paged(paged(filled, 1), 1), 1), 1))).toBe(4);
  expect(highlighted(paged(filled, -1))).toBe(0);
});

test('the text that is typed goes by the cursor', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n');
  const typing = stateOf({ size: small }, { type: 'insert', text: lines });
  const up = paged(typing, -1);
  const lineOf = ({ infill: { draft, cursor } }: AppState) => draft.slice(0, cursor).split('\n').length - 1;
  expect(lineOf(up)).toBe(24);
  expect(lineOf(paged(up, 1))).toBe(29);
  let top = up;
  for (let i = 0; i < 9; i++) top = paged(top, -1);
  expect(lineOf(top)).toBe(0);
});

test('the page of keys by lines and pages, and no further than its end', () => {
  const help = stateOf({ text: 'x', size: small }, { type: 'toggle-help' });
  const byLine = (state: AppState, by: 1 | -1) =>
    after(state, scrolled(state, { type: 'scroll', unit: 'line', by }, theme)!);
  expect(byLine(help, 1).help).toBe(1);
  expect(byLine(help, -1).help).toBe(0);
  let end = help;
  for (let i = 0; i < 20; i++) end = paged(end, 1);
  expect(byLine(end, 1).help).toBe(end.help);
  expect(byLine(end, -1).help).toBe(end.help! - 1);
});
