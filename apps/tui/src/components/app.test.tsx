// Frames of the screens: what they show, and that they fit whatever the terminal's size.

import { stripVTControlCharacters } from 'node:util';
import type { InfillEvent } from '@maria/core';
import { render } from 'ink-testing-library';
import { describe, expect, test } from 'vitest';
import type { Action } from '../state/actions.js';
import type { AppState } from '../state/state.js';
import {
  after,
  annealActions,
  annealStart,
  denoiserReady,
  denoisingEvents,
  infillActions,
  modelReady,
  stateOf,
  sweepEvents,
  sweepRecord,
  token,
} from '../state/state.test.support.js';
import { widthOf } from '../text/width.js';
import { scrolled } from '../view/scrolled.js';
import { type ThemeName, themeOf } from '../view/theme.js';
import { App } from './app.js';

function frame(state: AppState, theme: ThemeName = 'none'): string {
  const { lastFrame, unmount } = render(<App state={state} theme={themeOf(theme)} />);
  const drawn = lastFrame() ?? '';
  unmount();
  return drawn;
}

const plain = (state: AppState) =>
  stripVTControlCharacters(frame(state))
    .split('\n')
    .map((line) => line.trimEnd());

const paged = (state: AppState, by: 1 | -1, theme: ThemeName = 'none') => {
  const action = scrolled(state, { type: 'scroll', unit: 'page', by }, themeOf(theme));
  return action === undefined ? state : after(state, action);
};

const small = { columns: 40, rows: 10 };
const draft = 'The [MASK] sat[MASK]';
const infilled = (size = small) => after(stateOf({ text: draft, size }, modelReady), ...infillActions);
const annealed = (sweeps: number, size = small) =>
  after(
    stateOf({ screen: 'anneal', text: 'The[MASK*3]', size }, modelReady, { type: 'anneal-started', seed: 3 }),
    ...annealActions(annealStart, ...Array.from({ length: sweeps }, (_, sweep) => sweepEvents(sweep)).flat()),
  );

describe('the infill screen', () => {
  test('while text is typed', () => {
    const typing = stateOf(
      { size: small },
      { type: 'insert', text: 'The [MASK] sat' },
      { type: 'move-cursor', to: 'left' },
    );
    expect(plain(typing)).toEqual([
      'maria infill               seed 0  T 0.0',
      'The [MASK] sa▏t',
      '',
      '',
      '',
      '',
      '',
      '',
      'Loading the model …',
      'Enter fill  Ctrl-J newline  Ctrl-D done',
    ]);
  });

  test('while it is filled', () => {
    const filling = after(stateOf({ text: draft, size: small }, modelReady), ...infillActions.slice(0, 3), {
      type: 'measured',
      of: 'infill',
      cacheLength: 3,
      tokensPerSecond: 12.34,
    });
    expect(plain(filling)).toEqual([
      'maria infill               seed 0  T 0.0',
      'The [cat⁶] sat ▒▒▒',
      '',
      '',
      'gap token 1 of 2        AR    MLM  fused',
      '›● " cat"                –      –  0.625',
      '   " sat"                –      –  0.250',
      'filled 1/2  log-likelihood -0.47  1 AR …',
      'KV 3/64  ctx 4/32  12.3 tok/s',
      'Enter take  f fill  ? keys  q done',
    ]);
  });

  test('when each model has said what it thinks', () => {
    const explained = after(
      infilled({ columns: 80, rows: 24 }),
      { type: 'select-gap', by: -1 },
      {
        type: 'explained',
        explained: {
          position: 1,
          candidates: [
            { ...token(1), ar: 0.5, mlm: 0.75, fused: 0.625 },
            { ...token(4), ar: 0.125, mlm: 0.0625, fused: 0.1 },
          ],
        },
      },
    );
    const lines = plain(explained);
    expect(lines).toHaveLength(24);
    expect(lines[2]).toBe('The [cat⁶] sat.⁰');
    expect(lines.slice(13, 16)).toEqual([
      'gap token 1 of 2                       AR    MLM  fused',
      '›● " cat"                           0.500  0.750  0.625 ███████████████·········',
      String.raw`   "\n"                             0.125  0.063  0.100 ██▍·····················`,
    ]);
    expect(lines.slice(21)).toEqual([
      'filled 2/2  log-likelihood -3.47  2 AR passes',
      'KV cache ·········· 0/64  context █▎········ 4/32',
      'Enter take  f fill  a ask  b best  u undo  e edit  Tab anneal  ? keys  q done',
    ]);
  });

  test('an error takes the place of the numbers, without its control characters', () => {
    const failed = after(infilled(), {
      type: 'notify',
      notice: { kind: 'error', text: 'bad\u001b[31m\nnews' },
    });
    expect(plain(failed)[7]).toBe('bad·[31m news');
  });

  test('a long error is wrapped, and the rest makes room', () => {
    const words = Array.from({ length: 24 }, (_, i) => `word${i}`);
    const told = (text: string, size = small) =>
      plain(after(infilled(size), { type: 'notify', notice: { kind: 'error', text } }));
    const lines = told(words.join(' '));
    expect(lines).toHaveLength(10);
    expect(lines[1]).toBe('The cat⁶ sat[.⁰]');
    expect(lines.slice(2, 8).join(' ').trim().split(/ +/).slice(-words.length)).toEqual(words);
    // More than there is room for says so.
    const cut = told('word '.repeat(200));
    expect(cut[7]).toMatch(/^word .*…$/);
    const roomy = told(words.join(' '), { columns: 80, rows: 24 });
    expect(roomy.slice(19, 22).join(' ')).toBe(`${words.join(' ')}`);
    expect(roomy[11]).toMatch(/^gap token/);
  });

  test('pinned tokens are marked and counted', () => {
    const pinned = after(infilled(), { type: 'pin-token' });
    expect(plain(pinned)[1]).toBe('The cat⁶ sat[‹.›⁰]');
    expect(plain(pinned)[7]).toMatch(/^filled 2\/2, 1 pinned {2}log/);
  });

  test('the token that was chosen is in sight among its candidates, however unlikely', () => {
    const [encoded, filled] = infillActions;
    const unlikely = {
      ...(filled as { event: Extract<InfillEvent, { type: 'gap-filled' }> }).event,
      ...token(4),
      probability: 0.001,
    };
    const state = after(stateOf({ text: draft, size: small }, modelReady), encoded!, {
      type: 'infill-event',
      event: unlikely,
    });
    expect(plain(state).slice(4, 7)).toEqual([
      'gap token 1 of 2        AR    MLM  fused',
      '   " sat"                –      –  0.250',
      String.raw`›● "\n"                  –      –  0.001`,
    ]);
  });
});

describe('the infill screen of a denoiser', () => {
  const denoising = (events: number, size = small) =>
    after(
      stateOf({ text: draft, size, system: 'diffusion' }, denoiserReady),
      ...denoisingEvents.slice(0, events).map((event) => ({ type: 'infill-event', event }) as const),
    );

  test('shows steps and one probability, and knows of no KV cache, no next token and no other screen', () => {
    expect(plain(denoising(4))).toEqual([
      'maria infill               seed 0  T 0.0',
      'The cat⁶ sat[.⁰]',
      '',
      '',
      'gap token 2 of 2                       p',
      '›● "."                             0.050',
      '',
      'filled 2/2  log-likelihood -3.47  step 1',
      'ctx 4/32',
      'Enter take  f fill  ? keys  q done',
    ]);
    const lines = plain(denoising(4, { columns: 80, rows: 24 }));
    expect(lines[22]).toBe('context █▎········ 4/32');
    expect(lines[23]).not.toContain('Tab');
  });

  test('shows a token that is masked again, and what comes in its place', () => {
    expect(plain(denoising(1))[1]).toBe('The ░░░ sat ░░░');
    const masked = plain(denoising(6));
    expect([masked[1], masked[7]]).toEqual(['The ░░░ sat[.⁰]', 'filled 1/2  log-likelihood -3.00  step 2']);
    const again = plain(denoising(8));
    expect([again[1], again[7]]).toEqual(['The [sat⁵] sat.⁰', 'filled 2/2  log-likelihood -3.69  step 3']);
  });

  test('of one of two models alone has its probability only', () => {
    const alone = after(stateOf({ text: draft, size: small, system: 'mlm' }, modelReady), ...infillActions);
    const lines = plain(alone);
    expect(lines[4]).toBe('gap token 2 of 2                     MLM');
    expect(lines[7]).toMatch(/ {2}2 MLM…$/);
  });
});

describe('the anneal screen', () => {
  test('between two sweeps', () => {
    expect(plain(annealed(2))).toEqual([
      'maria anneal             seed 3  running',
      'The [sat⁵] sat¹.⁰',
      '',
      '',
      '',
      '    now 3 of 4 ──────◆─────●────────────',
      'E 19.0◆  T 0.90  mask 0.50  acc 2/2',
      'E █▁                 T █▁',
      'KV 0/64  ctx 4/32',
      'Space pause  . step  ? keys  q done',
    ]);
  });

  test('within a sweep: masked, being filled, pinned and marked tokens', () => {
    const [start, first] = sweepEvents(0);
    const running = after(annealed(0), ...annealActions(start!, first!));
    expect(plain(running)[1]).toBe('The [cat⁵] ▒▒▒ ░░░');
    const pinned = after(
      annealed(2),
      { type: 'toggle-pin' },
      { type: 'mark-span' },
      { type: 'move-cell', by: 2 },
    );
    expect(plain(pinned)[1]).toBe('The [‹sat›⁵] [sat¹][.⁰]');
  });

  test('an earlier sweep, with what a person has set', () => {
    const set = after(annealed(3), { type: 'change-temperature', by: 1 });
    expect(plain(set)[6]).toBe('E 18.0◆  T 0.90*  mask 0.50  acc 2/3');
    const back = plain(after(set, { type: 'show-sweep', by: -2 }));
    expect(back[5]).toBe('  sweep 2 of 4 ──────●─────◆────────────');
    expect(back[6]).toBe('E 19.0  T 0.90  mask 0.50  acc 2/2');
  });

  test('with charts where there is room', () => {
    const lines = plain(annealed(3, { columns: 80, rows: 24 }));
    expect(lines[14]).toMatch(/^Energy: nats +Temperature: of the sweep$/);
    expect(lines[13]).toBe('energy 18.0 (lowest)  temperature 0.80  mask rate 0.50  accepted 2/3');
  });

  test('a recording', () => {
    const records = [0, 1].map((sweep) => sweepRecord(sweep));
    const replay = stateOf({ isReplay: true, screen: 'anneal', size: small }, modelReady, {
      type: 'records-loaded',
      records,
    });
    const lines = plain(replay);
    expect(lines[0]).toBe('maria replay             seed 0  running');
    expect(lines[5]).toBe('  sweep 1 of 2 ●───────────────────────◆');
  });
});

describe('the page of keys', () => {
  test('is that of its screen, and is scrolled', () => {
    const open = after(annealed(1), { type: 'toggle-help' });
    const lines = plain(open);
    expect(lines[0]).toMatch(/^Keys, \d+ more below$/);
    expect(lines[1]).toBe('Space   Pause, or go on');
    let last = open;
    for (let i = 0; i < 99; i++) last = paged(last, 1);
    const end = plain(last);
    expect(end[0]).toBe('Keys');
    expect(paged(last, 1)).toEqual(last);
    expect(plain(paged(last, -1))[0]).toBe('Keys, 7 more below');
    expect(end[8]).toBe('Ctrl-L  Draw the screen anew');
    const all = plain({ ...open, size: { columns: 40, rows: 100 } });
    expect(all).toContain('        On this page:');
    expect(end[9]).toBe('? close  ↓ more');
  });
});

test('a terminal without room says so', () => {
  expect(plain(infilled({ columns: 30, rows: 9 })).slice(0, 3)).toEqual([
    'The terminal has 30×9 cells,',
    '40×10 are needed.',
    'Make it larger, or Ctrl-C to …',
  ]);
});

describe('what a gap must be', () => {
  const large = { columns: 80, rows: 24 };
  const typed = (size = small) =>
    after(
      infilled(size),
      { type: 'open-form' },
      { type: 'insert', text: 'red,dark green' },
      { type: 'move-in-form', field: 1 },
    );

  test('is typed in a line for each field', () => {
    expect(plain(typed(large)).slice(11, 21)).toEqual([
      'gap 2 of 2, [MASK] must be',
      '  length',
      '  choices    red,dark green',
      '› regex      ▏  [0-9]{2}:[0-9]{2}',
      '  words',
      '  characters',
      '  case',
      '  ban',
      '  bias',
      '  schema',
    ]);
    const scrolled = after(
      typed(),
      { type: 'insert', text: 'x'.repeat(40) },
      { type: 'move-cursor', to: 'left' },
    );
    expect(plain(scrolled)).toEqual([
      'maria infill               seed 0  T 0.0',
      'The cat⁶ sat[.⁰]',
      '',
      'gap 2 of 2, [MASK] must be',
      '  choices    red,dark green',
      `› regex      …${'x'.repeat(23)}▏x`,
      '  words',
      'filled 2/2  log-likelihood -3.47  2 AR …',
      'KV 0/64  ctx 4/32',
      'Enter fill so  Esc leave  ↓ next line',
    ]);
  });

  test('is told of the gap at the cursor while the text is typed', () => {
    const asked = stateOf({ text: draft, size: small, asked: { words: 2 } }, modelReady, { type: 'edit' });
    expect(plain(asked)[7]).toBe('gap 2: words 2');
  });

  const constrained = (size: typeof small) => {
    const candidates = [
      { ...token(4), ar: 0.5, mlm: 0.5, fused: 0.5, legal: 0 },
      { ...token(1), ar: 0.25, mlm: 0.25, fused: 0.0001, legal: 0.75 },
    ];
    return after(
      stateOf({ text: draft, size, asked: { choices: ['cat', 'sat'] } }, modelReady),
      ...infillActions,
      { type: 'explained', explained: { position: 1, legalMass: 0.0002, candidates } },
      { type: 'select-gap', by: -1 },
    );
  };

  test('marks what is as asked among the candidates, without colours and in few columns too', () => {
    expect(plain(constrained(large)).slice(13, 17)).toEqual([
      'gap token 1 of 2                AR    MLM  fused  legal',
      'legal mass 0.000200  choices cat,sat',
      String.raw`   "\n"                      0.500  0.500  0.500      ✗ ████████████············`,
      '›● " cat"                    0.250  0.250   1e-4  0.750 ························',
    ]);
    expect(plain(constrained(small)).slice(4, 7)).toEqual([
      'gap token 1 of 2            fused  legal',
      'legal mass 0.000200  choices cat,sat',
      '›● " cat"                    1e-4  0.750',
    ]);
  });
});

/** As if a search had found two fills. */
function searched(size = small): AppState {
  const done = (infillActions.at(-1) as { event: Extract<InfillEvent, { type: 'done' }> }).event;
  const found = [0, 1].map((sample): Action => {
    const event = { ...done, sample, weight: 0.75 - sample / 2, jointLogLikelihood: -1 - sample };
    return { type: 'infill-event', event };
  });
  return after(
    infilled(size),
    { type: 'find-best' },
    ...infillActions.slice(0, -1),
    ...found,
    { type: 'searched', isExact: true },
    { type: 'infill-stopped', message: undefined },
  );
}

test('the best fills are listed with their weights, and the one that is shown has a mark', () => {
  const lines = plain(after(searched(), { type: 'highlight-candidate', by: 1 }));
  expect(lines.slice(4)).toEqual([
    'best fill 2 of 2, exact   weight   log p',
    '  1 "cat" "."              0.750   -1.00',
    '› 2 "cat" "."              0.250   -2.00',
    'filled 2/2  log-likelihood -3.47  2 AR …',
    'KV 0/64  ctx 4/32',
    '↓ next  Enter take  ? keys  q done',
  ]);
  const searching = after(infilled(), { type: 'find-best' });
  expect(plain(searching)[7]).toBe('searching for the best 8 fills …');
});

describe('every frame fits', () => {
  const sizes = [
    { columns: 80, rows: 24 },
    { columns: 40, rows: 10 },
    { columns: 60, rows: 18 },
    { columns: 100, rows: 50 },
    { columns: 1, rows: 1 },
  ];
  const long = 'many words 猫 '.repeat(200);
  const screens: [string, (size: (typeof sizes)[0]) => AppState][] = [
    ['typing', (size) => stateOf({ size }, { type: 'insert', text: long })],
    ['nothing typed', (size) => stateOf({ size })],
    ['filled', infilled],
    [
      'what a gap must be',
      (size) => after(infilled(size), { type: 'open-form' }, { type: 'insert', text: long }),
    ],
    [
      'of a gap of which much is asked',
      (size) =>
        after(stateOf({ text: draft, size, asked: { choices: [long] } }, modelReady), ...infillActions),
    ],
    ['the best fills', searched],
    ['annealed', (size) => annealed(4, size)],
    ['pinned', (size) => after(annealed(4, size), { type: 'toggle-pin' })],
    ['keys', (size) => after(annealed(4, size), { type: 'toggle-help' })],
    ['an error', (size) => after(infilled(size), { type: 'notify', notice: { kind: 'error', text: long } })],
  ];

  test.each(screens)('%s', (_, stateFor) => {
    for (const size of sizes) {
      for (const theme of ['none', 'dark'] as const) {
        const lines = stripVTControlCharacters(frame(stateFor(size), theme)).split('\n');
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(size.columns);
      }
    }
  });
});

test('colours are those of the theme, and none without one', () => {
  const state = infilled();
  expect(frame(state, 'dark')).toContain('\u001b[32mcat\u001b[39m');
  expect(frame(state, 'light')).toContain('\u001b[38;5;22mcat\u001b[39m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are the subject
  expect(frame(state, 'none')).not.toMatch(/\u001b\[[34]\d/);
});
