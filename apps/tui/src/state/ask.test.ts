// What a gap must be, and its length: tried, taken where it can be filled, and nothing lost where it cannot.
import type { InfillEvent } from '@maria/core';
import { describe, expect, test } from 'vitest';
import type { Action, Intent } from './actions.js';
import { refusalOf } from './refusal.js';
import type { AppState } from './state.js';
import { after, infillActions, maskId, modelReady, stateOf, token } from './state.test.support.js';
import { toFill } from './to-fill.js';

const draft = 'The [MASK] sat[MASK]';
const filled = after(stateOf({ text: draft }, modelReady), ...infillActions);
const told = (event: InfillEvent): Action => ({ type: 'infill-event', event });
const type = (text: string): Action[] => [...text].map((letter) => ({ type: 'insert', text: letter }));
const stopped: Action = { type: 'infill-stopped', message: 'no' };
const filling = ({ infill }: AppState) => toFill(infill, {});
const encoded = (ids: number[], positions: number[]) => told({ type: 'mlm-encoded', ids, positions });

describe('the form', () => {
  const back: Intent = { type: 'select-gap', by: -1 };
  const typed = after(filled, back, { type: 'open-form' }, ...type('red'), { type: 'move-in-form', gap: 1 });

  test('has a line for each field of each gap, and opens on the selected one', () => {
    expect(after(filled, { type: 'open-form' }).infill.form).toMatchObject({ gap: 1, field: 1, cursor: 0 });
    const { form, run } = typed.infill;
    expect(form?.texts.map((of) => of[1])).toEqual(['red', '']);
    expect(form).toMatchObject({ gap: 1, cursor: 0 });
    expect(run?.selected).toBe(1);
    expect(after(typed, { type: 'move-in-form', gap: 1 }).infill.form).toMatchObject({ gap: 0, cursor: 3 });
    const lines = (by: number) => after(typed, { type: 'move-in-form', field: by }).infill.form?.field;
    expect([lines(-9), lines(9)]).toEqual([0, 8]);
  });

  test('is tried as a whole: the text is as it was until it can be filled', () => {
    const tried = after(typed, ...type('dark green,a'), { type: 'delete-backward' }, ...type('x'), {
      type: 'ask',
    });
    expect(tried.infill).toMatchObject({ draft, working: 'reading', run: typed.infill.run });
    expect(filling(tried)).toEqual({
      text: draft,
      kept: new Map(),
      asked: [{ choices: ['red'] }, { choices: ['dark green', 'x'] }],
    });
    const failed = after(tried, stopped);
    expect(failed.infill).toMatchObject({ form: tried.infill.form, attempt: undefined, working: undefined });
    expect(failed.notice?.text).toBe('no');
    expect(filling(failed).asked).toEqual([{}, {}]);
    const taken = after(tried, encoded([0, maskId, 2, maskId], [1, 3]));
    expect(taken.infill).toMatchObject({
      form: undefined,
      attempt: undefined,
      phase: 'filling',
      working: undefined,
    });
    expect(taken.infill.run).toMatchObject({
      asked: [{ choices: ['red'] }, { choices: ['dark green', 'x'] }],
      selected: 1,
    });
    expect(after(taken, { type: 'open-form' }).infill.form?.texts[1]?.[1]).toBe('dark green,x');
    const undone = after(taken, ...infillActions.slice(1), { type: 'undo' });
    expect(undone.infill.run).toEqual(typed.infill.run);
    expect(filling(undone).asked).toEqual([{}, {}]);
    expect(filling(after(undone, { type: 'redo' })).asked).toEqual(taken.infill.run?.asked);
  });

  test('asks nothing that cannot be read, and says why', () => {
    const refused = (field: number, text: string) =>
      refusalOf(
        after(filled, { type: 'open-form' }, { type: 'move-in-form', field: field - 1 }, ...type(text)),
        { type: 'ask' },
      );
    expect(refused(3, '2-1')).toBe('Cannot constrain gap 2: key "words" is "2-1": 2 is above 1.');
    expect(refused(0, '3] [MASK')).toMatch(/^Cannot change the gap: its length is a number of tokens/);
    expect(refused(0, '4097')).toMatch(/^Cannot read the gap "\[MASK\*4097\]"/);
    expect(refused(0, '2-6')).toBeUndefined();
    expect(refusalOf(stateOf({ text: 'none' }, modelReady), { type: 'open-form' })).toBe(
      'Cannot change the gap: the text has none.',
    );
    expect(refusalOf(after(stateOf({ text: draft }), { type: 'open-form' }), { type: 'ask' })).toBe(
      'The model is still loading.',
    );
  });

  test('is one for all gaps of a name, and takes pasted lines for one', () => {
    const named = after(
      stateOf({ text: '[MASK:a*2] and [MASK:a] or [MASK]' }, modelReady),
      { type: 'move-cursor', to: 'line-start' },
      { type: 'open-form' },
      { type: 'insert', text: 'x,\n y' },
      { type: 'move-in-form', field: -1 },
      { type: 'delete-backward' },
      { type: 'insert', text: '3' },
      { type: 'ask' },
    );
    expect(filling(named)).toMatchObject({
      text: '[MASK:a*3] and [MASK:a*3] or [MASK]',
      asked: [{ choices: ['x', 'y'] }, { choices: ['x', 'y'] }, {}],
    });
  });

  test('leaves the text of the editor alone, and is left', () => {
    const editing = after(filled, { type: 'edit' }, { type: 'open-form' }, ...type('q'));
    expect(editing.infill).toMatchObject({ draft, isEditing: true });
    expect(after(editing, { type: 'leave-form' }).infill).toMatchObject({
      draft,
      form: undefined,
      isEditing: true,
    });
  });
});

test('a fill that was asked for before leaves the form open, with what is typed', () => {
  const open = after(filled, { type: 'fill' }, { type: 'open-form' }, ...type('red'), infillActions[0]!);
  expect(open.infill.form?.texts[1]?.[1]).toBe('red');
  expect(open.infill.phase).toBe('filling');
});

test('gaps of one name read alike: one of them is not changed alone', () => {
  const text = 'The [MASK:a] sat[MASK:a]';
  const named = after(stateOf({ text }, modelReady), ...infillActions);
  const first = after(named, { type: 'select-gap', by: -1 });
  const alike = /^Gaps of the name a read alike/;
  expect(refusalOf(named, { type: 'choose-candidate' })).toMatch(alike);
  expect(refusalOf(first, { type: 'choose-candidate' })).toMatch(alike);
  expect(refusalOf(first, { type: 'fill-onward' })).toBeUndefined();
});

describe('the length of a gap', () => {
  const first = after(filled, { type: 'select-gap', by: -1 });
  const longer = after(first, { type: 'lengthen-gap' }, { type: 'lengthen-gap' });

  test('is tried, with keys that come before it is known', () => {
    expect(longer.infill.draft).toBe(draft);
    expect(filling(longer).text).toBe('The [MASK*3] sat[MASK]');
    expect(filling(after(longer, { type: 'shorten-gap' })).text).toBe('The [MASK*2] sat[MASK]');
    expect(filling(after(longer, stopped)).text).toBe(draft);
    const taken = after(longer, encoded([0, maskId, maskId, maskId, 2, maskId], [1, 2, 3, 5]));
    expect(taken.infill).toMatchObject({ draft: 'The [MASK*3] sat[MASK]', seed: filled.infill.seed });
    // The next key changes the same gap.
    expect(taken.infill.run).toMatchObject({ selected: 0, follows: false });
    expect(refusalOf(first, { type: 'shorten-gap' })).toBe(
      'Cannot change the gap: a gap has one token at least.',
    );
  });

  test('keeps what is pinned in its place of the text', () => {
    const pinned = after(
      filled,
      { type: 'pin-token' },
      { type: 'select-gap', by: -1 },
      { type: 'lengthen-gap' },
    );
    expect(filling(pinned)).toMatchObject({ text: 'The [MASK*2] sat[MASK]', kept: new Map([[4, 3]]) });
    const { run } = after(pinned, encoded([0, maskId, maskId, 2, 3], [1, 2, 4])).infill;
    expect([...run!.pinned]).toEqual([4]);
    expect([...run!.confidence]).toEqual([[4, 0.05]]);
    expect(run!.candidates.get(4)).toEqual(filled.infill.run!.candidates.get(3));
  });

  test('is any, and again the one that was found', () => {
    const any = after(first, { type: 'open-gap' });
    expect(filling(any).text).toBe('The [MASK*?] sat[MASK]');
    const found = after(
      any,
      told({
        type: 'mlm-encoded',
        lengths: [2, 1],
        ids: [0, maskId, maskId, 2, maskId],
        positions: [1, 2, 4],
      }),
    );
    expect(found.infill.draft).toBe('The [MASK*?] sat[MASK]');
    expect(filling(after(found, { type: 'open-gap' })).text).toBe('The [MASK*2] sat[MASK]');
    expect(filling(after(found, { type: 'lengthen-gap' })).text).toBe('The [MASK*3] sat[MASK]');
  });
});

describe('a gap of which something is asked', () => {
  const asked = after(
    stateOf({ text: draft, asked: { choices: ['cat', 'sat'] } }, modelReady),
    infillActions[0]!,
  );
  const first = infillActions[1] as Extract<Action, { type: 'infill-event' }>;
  const one = after(asked, {
    type: 'infill-event',
    event: { ...first.event, legalMass: 0.25 } as InfillEvent,
  });

  test('has the part of the legal tokens until it is explained, and then all that is known', () => {
    expect(one.infill.run?.candidates.get(1)).toEqual([
      { id: 1, token: ' cat', legal: 0.625 },
      { id: 2, token: ' sat', legal: 0.25 },
    ]);
    const candidates = [
      { ...token(4), ar: 0.5, mlm: 0.5, fused: 0.5, legal: 0 },
      { ...token(1), ar: 0.25, mlm: 0.25, fused: 0.25, legal: 0.75 },
    ];
    const explained = after(one, {
      type: 'explained',
      explained: { position: 1, legalMass: 0.5, candidates },
    });
    expect(explained.infill.run?.legalMass.get(1)).toBe(0.5);
    // The token in the text stays the highlighted one.
    expect(explained.infill.run?.highlighted).toBe(1);
    const whole = after(explained, ...infillActions.slice(2), { type: 'select-gap', by: -1 });
    expect(refusalOf(whole, { type: 'choose-candidate' })).toBeUndefined();
    for (const key of ['choose-candidate', 'fill-onward'] as const)
      expect(refusalOf(after(whole, { type: 'highlight-candidate', by: -1 }), { type: key })).toBe(
        '"\\n" cannot stand here: gap 1 would not be as asked (choices cat,sat). a changes what is asked.',
      );
  });

  test('keeps the marks of a recording, which tells no more than that', () => {
    const { legal: _, ...row } = { ...token(2), ar: 0.5, mlm: 0.5, fused: 0.5, legal: 0 };
    const other = { ...token(4), ar: 0.5, mlm: 0.5, fused: 0.25 };
    const replayed = after(one, { type: 'explained', explained: { position: 1, candidates: [row, other] } });
    expect(replayed.infill.run?.candidates.get(1)).toEqual([{ ...row, legal: 0.25 }, other]);
  });

  test('is not annealed', () => {
    expect(refusalOf(asked, { type: 'switch-screen' })).toBe(
      'Cannot anneal: something is asked of gap 1, and annealing does not follow it.',
    );
    expect(refusalOf(filled, { type: 'switch-screen' })).toBeUndefined();
  });
});

describe('the best fills', () => {
  const fill = (sample: number, id: number): Action[] =>
    infillActions.slice(1).map((action) => {
      const { event } = action as { event: InfillEvent };
      if (event.type === 'gap-filled' && event.position === 1)
        return told({ ...event, sample, ...token(id), probability: 0.5 / (sample + 1) });
      if (event.type !== 'done') return told({ ...event, sample } as InfillEvent);
      const ids = [0, id, 2, 3];
      const text = `best ${sample}`;
      return told({ ...event, sample, ids, text, weight: 0.5, jointLogLikelihood: -1 - sample });
    });
  const searched = after(
    filled,
    { type: 'find-best' },
    infillActions[0]!,
    ...fill(0, 1),
    ...fill(1, 4),
    { type: 'searched', isExact: true },
    { type: 'infill-stopped', message: undefined },
  );

  test('are listed as they were told, the first one shown', () => {
    expect(after(filled, { type: 'find-best' }).infill.working).toBe('searching');
    expect(after(filled, { type: 'find-best' }, infillActions[0]!).infill.working).toBe('searching');
    const { run, working } = searched.infill;
    expect(working).toBeUndefined();
    expect(run).toMatchObject({ shownFill: 0, isExact: true, text: 'best 0', ids: [0, 1, 2, 3] });
    expect(run?.fills.map(({ fills, jointLogLikelihood }) => [...fills, jointLogLikelihood])).toEqual([
      ['cat', '.', -1],
      ['cat', '.', -2],
    ]);
  });

  test('are shown one after the other, and one is taken', () => {
    const second = after(searched, { type: 'highlight-candidate', by: 1 });
    expect(second.infill.run).toMatchObject({ shownFill: 1, text: 'best 1', ids: [0, 4, 2, 3] });
    expect(second.infill.run?.confidence.get(1)).toBe(0.25);
    expect(after(second, { type: 'highlight-candidate', by: 9 }).infill.run?.shownFill).toBe(1);
    const taken = after(second, { type: 'take-fill' });
    expect(taken.infill.run).toMatchObject({ shownFill: undefined, text: 'best 1' });
    expect(after(taken, { type: 'undo' }).infill.run).toEqual(filled.infill.run);
  });

  test('are left, and the text is what it was', () => {
    expect(after(searched, { type: 'leave-fills' }).infill.run).toEqual(filled.infill.run);
  });

  test('keep what is pinned', () => {
    const pinned = after(filled, { type: 'pin-token' }, { type: 'find-best' });
    const found = after(
      pinned,
      encoded([0, maskId, 2, 3], [1, 3]),
      ...fill(0, 1).slice(0, 1),
      ...fill(1, 4).slice(0, 1),
    );
    expect([...found.infill.run!.confidence]).toEqual([
      [3, 0.05],
      [1, 0.25],
    ]);
  });
});
