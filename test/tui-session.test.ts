// maria tui with the embedded pair, on a terminal that the test plays.
import { loadDenoiser, loadModel } from '@maria/checkpoints';
import {
  type AnnealResult,
  anneal,
  InterruptedError,
  infill,
  type MariaModel,
  type Model,
} from '@maria/core';
import { readRecording, runTui, type TuiOptions } from '@maria/tui';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeKeys, FakeTerminal } from './fake-terminal.js';

let model: MariaModel;
beforeAll(async () => {
  model = await loadModel();
});
afterAll(() => model.dispose());

function opened(options: Partial<TuiOptions> = {}) {
  const terminal = new FakeTerminal();
  const keys = new FakeKeys();
  const controller = new AbortController();
  const result = runTui({
    text: '',
    screen: 'infill',
    seed: 0,
    temperature: 0,
    sweeps: 6,
    // With drafts, how many passes there are depends on what they cost here.
    filling: { system: 'maria', speculate: 0 },
    // Each run releases its model; this one is needed again.
    loadModel: async () => ({ ...model, dispose: () => {} }),
    terminal,
    keys,
    theme: 'none',
    signal: controller.signal,
    ...options,
  });
  // A run that fails is awaited where it matters.
  result.catch(() => {});
  return { terminal, keys, controller, result };
}

const isGivenBack = ({ written }: FakeTerminal) => written.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l');

test('a text is typed, filled, explained, changed and chosen', async () => {
  const { terminal, keys, result } = opened();
  await terminal.shows(/Type a text with gaps/);
  expect(keys.isRaw).toBe(true);
  await terminal.shows(/KV cache/);
  keys.press('Once upon a tine', '\u007f\u007f', 'me [MASK', '*3]', '.', '\r');
  const filled = await terminal.shows(/filled 3\/3/, /●.* 0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/);
  expect(filled).toMatch(/^Once upon a time.*\.$/m);
  expect(filled).toMatch(/tok\/s/);
  keys.press('\u001b[D', '\u001b[D');
  await terminal.shows(/gap token 1 of 3/);
  keys.press('\u001b[B');
  const candidate = /› {2}"(.*?)"/.exec(await terminal.shows(/› {2}"/))?.[1];
  keys.press('\r');
  await terminal.shows(/›● "/);
  keys.press('q');
  expect(await result).toMatch(/^Once upon a time.*\.$/);
  expect(await result).toContain(`time${candidate}`);
  expect(keys.isRaw).toBe(false);
  expect(isGivenBack(terminal)).toBe(true);
});

const explained = /●.* (?:\de-\d|0\.\d{3}) {2}(?: \de-\d|0\.\d{3}) {2}(?: \de-\d|0\.\d{3})/;

describe('a filled text', () => {
  const filledOf = (screen: string) => /^The .*$/m.exec(screen)?.[0];
  test('goes on from a candidate that is taken, and comes back', async () => {
    const { terminal, keys, result } = opened({ text: 'The king [MASK*4] the queen.' });
    const before = filledOf(await terminal.shows(/filled 4\/4/, explained));
    keys.press('h', 'h', 'j');
    await terminal.shows(/gap token 2 of 4/, /› {2}"/);
    keys.press('F');
    const after = await terminal.shows(/filled 4\/4/, /› ?● "/, /3 AR passes|2 AR passes/);
    // One pass for each token to the right, and one token of the left that is not asked for again.
    expect(after).toMatch(/ 2 AR passes/);
    expect(filledOf(after)).not.toBe(before);
    keys.press('u');
    const back = await terminal.shows(/ 4 AR passes/);
    expect(filledOf(back)?.replaceAll(/[[\]]/g, '')).toBe(before?.replaceAll(/[[\]]/g, ''));
    keys.press('U');
    await terminal.shows(/ 2 AR passes/);
    keys.press('q');
    expect(await result).toMatch(/^The king .+ the queen\.$/);
  });

  test('keeps what is pinned while the rest is drawn again', async () => {
    const { terminal, keys, result } = opened({ text: 'The king [MASK*6] the queen.', temperature: 1.5 });
    await terminal.shows(/filled 6\/6/, explained);
    keys.press('h', 'h', 'p');
    const pinned = /‹[^›]*›/.exec(await terminal.shows(/6\/6, 1 pinned/))?.[0];
    for (const seed of [1, 2, 3]) {
      keys.press('r');
      const screen = await terminal.shows(new RegExp(`seed ${seed} `), /6\/6, 1 pinned .* 5 AR passes/);
      expect(screen).toContain(pinned);
    }
    keys.press('q');
    expect(await result).toMatch(/^The king .+ the queen\.$/);
  });

  test('is not drawn again at temperature 0, and is then', async () => {
    const { terminal, keys, result } = opened({ text: 'The king [MASK*6] the queen.' });
    await terminal.shows(/filled 6\/6/);
    keys.press('r');
    await terminal.shows(/At temperature 0 every seed gives the same text\. T raises/, /seed 0 /);
    keys.press('T', 'r');
    await terminal.shows(/seed 1 {2}T 0\.1/, /filled 6\/6/);
    keys.press('q');
    await result;
  });

  test('is edited as text', async () => {
    const { terminal, keys, result } = opened({ text: 'The king [MASK*2]' });
    await terminal.shows(/filled 2\/2/);
    keys.press('E', '!');
    await terminal.shows(/The king .+!▏/);
    keys.press('\u001a', '\u001a');
    await terminal.shows(/The king \[MASK\*2\]▏/);
    keys.press('\u0019', '\u0019', '\u0004');
    expect(await result).toMatch(/^The king .+!$/);
  });
});

describe('what a gap must be', () => {
  test('is typed, told of where it cannot be, marked, and holds for what is taken', async () => {
    const { terminal, keys, result } = opened({ text: 'They met at [MASK] in the park.' });
    await terminal.shows(/filled 1\/1/, explained);
    keys.press('a', '\u001b[B', '[0-9]{2}:[0-9]{2');
    await terminal.shows(/^› regex {6}\[0-9\]/m);
    keys.press('\r');
    await terminal.shows(/^Cannot constrain a gap: /m, /^› regex/m);
    keys.press('}', '\u001b[A', '\u001b[A', '9', '\r');
    await terminal.shows(/no fill of 9 tokens is as asked \(regex\); fills of 3 to \d/, /^› length {5}9▏/m);
    keys.press('\u007f', '\r');
    const screen = await terminal.shows(/filled (\d)\/\1/, /^legal mass 0\.\d+ {2}regex/m, / ✗ /);
    expect(screen).toMatch(/^They met at .*:.* in the park\.$/m);
    // The most probable token of all is not one of those.
    keys.press(...Array<string>(15).fill('\u001b[A'), '\r');
    await terminal.shows(/cannot stand here: gap 1 would not be as asked/);
    keys.press('+', '+', '+', '+');
    await terminal.shows(/^Cannot fill gap 1: no fill of \d tokens/m);
    keys.press('-', '*', 'q');
    expect(await result).toMatch(/^They met at \d\d:\d\d in the park\.$/);
  });

  test('is asked at first as flags say, and of the best fills too; none of unknown length', async () => {
    const { terminal, keys, result } = opened({
      text: 'Lily had a [MASK*1] ball and a [MASK*1] hat.',
      asked: { choices: ['red', 'blue', 'big'] },
      best: 9,
    });
    await terminal.shows(/filled 2\/2/, explained);
    keys.press('b');
    const best = await terminal.shows(/^best fill 1 of 9, exact/m, /^› 1 "(red|blue|big)" "(red|blue|big)"/m);
    keys.press('\u001b[B');
    const second = /^› 2 "(\w+)" "(\w+)"/m.exec(await terminal.shows(/^› 2/m));
    keys.press('\r');
    await terminal.shows(/^gap token \d of 2/m, / ✗ /, explained);
    keys.press('*');
    await terminal.shows(/AR passes/);
    keys.press('b');
    await terminal.shows(/^Cannot search for fills of gaps of unknown length/m);
    keys.press('u', 'q');
    expect(best).not.toContain(second![0]);
    expect(await result).toBe(`Lily had a ${second![1]} ball and a ${second![2]} hat.`);
  });
});

describe('a denoiser', () => {
  const text = 'The king [MASK*6] the queen.';
  const filling = { system: 'diffusion', sampler: 'remdm-cap', steps: 8 } as const;
  const seed = 3;
  const denoising = (more: Partial<TuiOptions> = {}) =>
    opened({ text, seed, temperature: 1, filling, loadModel: () => loadDenoiser({ threads: 1 }), ...more });
  const filledBy = async (denoiser: Model) => {
    const texts: string[] = [];
    for await (const event of infill(denoiser, text, { ...filling, temperature: 1, seed }))
      if (event.type === 'done') texts.push(event.text);
    return texts[0]!;
  };

  test('fills step by step, as infill does, on a screen that has nothing of a pair', async () => {
    const { terminal, keys, result } = denoising();
    const screen = await terminal.shows(
      /filled 6\/6 {2}log-likelihood -[\d.]+ {2}step 9/,
      /^context .* tok\/s/m,
    );
    expect(screen).toMatch(/^gap token \d of 6 +p$/m);
    expect(screen).not.toMatch(/KV|AR|MLM|fused|Tab/);
    keys.press('\t', 'q');
    const denoiser = await loadDenoiser({ threads: 1 });
    try {
      expect(await result).toBe(await filledBy(denoiser));
    } finally {
      denoiser.dispose();
    }
  });

  test('that has no sampler of the name is refused by whoever opens the screen', async () => {
    const { result } = denoising({ filling: { ...filling, sampler: 'analytic' } });
    await expect(result).rejects.toMatchObject({ code: 'sampler-unfit' });
  });
});

test('one model of a pair fills alone, and the other screen anneals with both', async () => {
  const { terminal, keys, result } = opened({
    text: 'The king [MASK*2] the queen.',
    filling: { system: 'ar' },
  });
  const screen = await terminal.shows(/filled 2\/2 .* 2 AR passes/, /●/);
  expect(screen).toMatch(/^gap token 2 of 2 +AR$/m);
  keys.press('\t');
  await terminal.shows(/maria anneal/, /sweep 6 of 6|done/);
  keys.press('\u0003');
  await expect(result).rejects.toThrow(InterruptedError);
});

test('pasted text is text, whatever is in it', async () => {
  const { terminal, keys, result } = opened();
  await terminal.shows(/Type a text/);
  keys.press('\u001b[200~one\rq?\u001b[201~', '\u0004');
  expect(await result).toBe('one\nq?');
});

describe('annealing', () => {
  const text = 'The king [MASK*10] and the queen.';

  test('makes what maria anneal makes, and each sweep can be looked at and chosen', async () => {
    const { terminal, keys, result } = opened({ text, screen: 'anneal', seed: 4 });
    await terminal.shows(/seed 4 {2}done/);
    const texts: string[] = [];
    let expected: AnnealResult | undefined;
    for await (const event of anneal(model, { text, sweeps: 6, seed: 4 })) {
      if (event.type === 'sweep-end') texts.push(event.text);
      if (event.type === 'done') expected = event;
    }
    await terminal.shows(new RegExp(`sweep ${expected!.best.sweep + 1} of 6 .*\\n.*\\(lowest\\)`));
    keys.press('}');
    await terminal.shows(/sweep 6 of 6/);
    expect(expected?.last.text).toBe(texts[5]);
    keys.press('[', '[');
    await terminal.shows(/sweep 4 of 6/);
    keys.press(']', ']', ']');
    await terminal.shows(/sweep 6 of 6/);
    keys.press('{');
    await terminal.shows(/sweep 1 of 6/);
    keys.press('q');
    expect(await result).toBe(texts[0]);
  });

  test('is paused, stepped, changed and started again with another seed', async () => {
    const { terminal, keys, result } = opened({ text, screen: 'anneal', sweeps: 500 });
    await terminal.shows(/running/, /accepted [1-9]/);
    keys.press(' ');
    await terminal.shows(/paused/);
    const sweepsIn = (screen: string) => Number(/accepted \d+\/(\d+)/.exec(screen)?.[1]);
    const before = sweepsIn(terminal.screen);
    keys.press('.', 'M', 'T');
    const after = await terminal.shows(new RegExp(`accepted \\d+/${before + 1}$`, 'm'), /paused/, /\*/);
    expect(after).toMatch(/temperature \d\.\d+\* {2}mask rate \d\.\d+\*/);
    keys.press('r');
    await terminal.shows(/seed 1 {2}running/, /accepted [1-9]/);
    keys.press('q');
    expect(await result).toMatch(/^The king .+ and the queen\.$/);
  });

  test('leaves pinned tokens, and waits where all are pinned', async () => {
    const { terminal, keys, result } = opened({ text: 'The king [MASK*4].', screen: 'anneal', sweeps: 500 });
    await terminal.shows(/accepted [1-9]/);
    keys.press(' ', 'v', 'l', 'l', 'l', 'p');
    const pinned = /‹.*?›/.exec(await terminal.shows(/paused/, /(‹[^›]*›[^‹]*){4}/))?.[0];
    keys.press(' ');
    await terminal.shows(/Paused: every token is pinned/);
    keys.press('h', 'p', ' ');
    await terminal.shows(/running/);
    const sweep = (screen: string) => Number(/accepted \d+\/(\d+)/.exec(screen)?.[1]);
    const before = sweep(terminal.screen);
    const still = await terminal.shows(new RegExp(`accepted \\d+/(?!${before}$)\\d+$`, 'm'));
    expect(still).toContain(pinned);
    expect(still.match(/‹/g)).toHaveLength(3);
    keys.press('q');
    await result;
  });
});

test('filling and annealing take turns with the model', async () => {
  const { terminal, keys, result } = opened({ text: 'The [MASK*3] king [MASK*6].', sweeps: 500 });
  await terminal.shows(/filled 9\/9/);
  keys.press('\t');
  await terminal.shows(/maria anneal/, /accepted [1-9]/);
  keys.press('\t', 'T', 'r');
  await terminal.shows(/maria infill +seed 1/, /filled 9\/9/);
  keys.press('\t');
  await terminal.shows(/running/, /accepted \d{2}/);
  keys.press('q');
  expect(await result).toMatch(/^The .+ king .+\.$/);
});

describe('a recording', () => {
  test('of infilling is played, and explained at its end', async () => {
    const events = [
      { type: 'mlm-encoded', ids: [300, model.vocabulary.maskId, 301], positions: [1] },
      { type: 'gap-filled', sample: 0, position: 1, gap: 0, index: 0, id: 310, token: 'x', probability: 0.5 },
      {
        type: 'done',
        sample: 0,
        text: 'the text',
        ids: [300, 310, 301],
        gaps: [{ position: 1, ids: [310], text: 'x', probabilities: [0.5] }],
        logLikelihood: Math.log(0.5),
      },
    ];
    const recording = await readRecording(events.map((event) => `${JSON.stringify(event)}\n`).join(''), 'x');
    const { terminal, keys, result } = opened({ recording: { name: 'x', recording } });
    await terminal.shows(/maria replay/, /filled 1\/1/, /0\.\d{3} {2}0\.\d{3} {2}0\.\d{3}/);
    keys.press('q');
    expect(await result).toBe('the text');
  });

  test('of another vocabulary is refused', async () => {
    const recording = await readRecording(
      `${JSON.stringify({ type: 'mlm-encoded', ids: [999999], positions: [0] })}\n`,
      'x',
    );
    const { terminal, result } = opened({ recording: { name: 'x', recording } });
    await expect(result).rejects.toMatchObject({ code: 'vocabulary-mismatch', exitStatus: 3 });
    expect(isGivenBack(terminal)).toBe(true);
  });
});

describe('the end', () => {
  test.each(['while the model loads', 'while it computes'])(
    'by Ctrl-C %s gives the terminal back',
    async (when) => {
      const loading =
        when === 'while the model loads' ? { loadModel: () => new Promise<never>(() => {}) } : {};
      const { terminal, keys, result } = opened({ text: 'The [MASK*300].', ...loading });
      await terminal.shows('loadModel' in loading ? /Loading the model/ : /filled \d+\/300/);
      keys.press('\u0003');
      await expect(result).rejects.toThrow(InterruptedError);
      expect(keys.isRaw).toBe(false);
      expect(isGivenBack(terminal)).toBe(true);
    },
  );

  test('by a signal, and by a model that cannot be loaded', async () => {
    const signalled = opened({ loadModel: () => new Promise<never>(() => {}) });
    signalled.controller.abort();
    await expect(signalled.result).rejects.toThrow(InterruptedError);
    const failed = opened({ loadModel: () => Promise.reject(new RangeError('no model')) });
    await expect(failed.result).rejects.toThrow('no model');
    expect(isGivenBack(failed.terminal)).toBe(true);
  });
});

test('keys and sizes are answered while the model loads', async () => {
  const { terminal, keys, result } = opened({
    text: 'The [MASK].',
    loadModel: () => new Promise<never>(() => {}),
  });
  await terminal.shows(/Loading the model/);
  keys.press('?');
  await terminal.shows(/^Keys/);
  keys.press('?');
  terminal.resize(30, 8);
  await terminal.shows(/40×10 are needed/);
  terminal.resize(40, 10);
  const small = await terminal.shows(/The \[MASK\]\./);
  expect(small.split('\n').length).toBeLessThanOrEqual(10);
  keys.press('q');
  expect(await result).toBe('The [MASK].');
});

test('an error of a text is told, and another text can be filled', async () => {
  const { terminal, keys, result } = opened({ text: 'no gap' });
  await terminal.shows(/Cannot fill the text: it has no gap\./);
  keys.press('e', ' [MASK]', '\r');
  await terminal.shows(/filled 1\/1/);
  keys.press('q');
  expect(await result).toMatch(/^no gap .+$/);
});
