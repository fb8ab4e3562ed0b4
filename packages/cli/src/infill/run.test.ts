// The loop of `maria infill` over a stand-in for the engine that fills every gap with the next letter.
import {
  type InfillEvent,
  type Infilled,
  type InfillInput,
  type InfillOptions,
  type InfillResult,
  inOrder,
  type MariaModel,
  type Model,
  sequencesFor,
} from '@maria/core';
import { DeviceError, InterruptedError, UsageError } from '@maria/core/errors';
import { expect, test } from 'vitest';
import type { Engine } from '../engine.js';
import { type Sink, writeError } from '../output.js';
import { noStatusLine } from '../status-line.js';
import { TextProgress } from '../text-progress.js';
import { type InfillRun, runInfill } from './run.js';
import { InfillStats } from './stats.js';
import type { GivenText, Input } from './texts.js';

const gap = '[MASK]';
const tokenOf = (id: number) => ({ id, token: ' a', piece: 'Ġa', bytes: [32, 97] });

function infilled(text: string, sample: number, alternatives: number): Infilled {
  const pieces = text.split(gap);
  const gaps = pieces.slice(1).map((_, i) => ({
    position: i,
    ids: [i],
    tokens: [tokenOf(i)],
    text: 'abc'[i + sample] ?? 'z',
    probabilities: [0.9 / (i + 1)],
    ...(alternatives > 0 && { alternatives: [[{ ...tokenOf(i), probability: 0.9 }]] }),
  }));
  const filled = pieces.map((piece, i) => piece + (gaps[i]?.text ?? '')).join('');
  return { sample, text: filled, ids: [1, 2], gaps, logLikelihood: -1 };
}

async function* infill(
  _: Model,
  input: InfillInput,
  { samples = 1, alternatives = 0, signal }: InfillOptions,
): AsyncGenerator<InfillEvent, InfillResult> {
  const text = String(input);
  if (!text.includes(gap)) throw new UsageError('no-gap', 'Cannot fill the text: it has no gap.');
  if (text.startsWith('long'))
    throw new UsageError('context-too-long', 'Cannot fill the text: it is too long.', { try: 'Split it.' });
  if (text.startsWith('broken')) throw new DeviceError('device', 'Cannot run.');
  if (text.startsWith('large')) throw new DeviceError('out-of-memory', 'Cannot run: memory is short.');
  if (text.startsWith('bug')) throw new TypeError('bug');
  yield { type: 'mlm-encoded', ids: [1, 2], positions: [0] };
  if (signal?.aborted) throw new InterruptedError();
  const filled = Array.from({ length: samples }, (_, sample) => infilled(text, sample, alternatives));
  for (const sample of filled) yield { type: 'done', ...sample };
  return {
    samples: filled,
    passes: { mlm: 1, ar: 2 },
    drafts: { drafted: 0, accepted: 0, rejected: 0, decidedAlone: 0 },
    excluded: ['special'],
  };
}

const model = {
  vocabulary: { maskToken: gap, encode: async () => Int32Array.of(7, 8) },
} as unknown as MariaModel;
const engine: Engine = {
  loadDenoiser: () => Promise.reject(new Error('it is not loaded here')),
  loadModel: async () => model,
  infill,
  inOrder,
  sequencesFor,
  score: async () => Promise.reject(new Error('not scored here')),
  requireSystem: async () => {},
  checkConstraint: async () => {},
  tokensOf: () => [],
  segmentsOf: (text) => text.split(gap),
};

type Settings = Partial<Omit<InfillRun, 'options'>> & { options?: InfillOptions };

async function run(inputs: Input[], { options, ...settings }: Settings = {}) {
  let written = '';
  const notes: string[] = [];
  const sink: Sink = {
    write: async (text) => {
      written += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    },
    close: async () => {},
    abandon: async () => undefined,
  };
  const stats = new InfillStats();
  const outcome = await runInfill(
    {
      engine,
      model,
      format: 'text',
      keepGoing: false,
      batch: 2,
      firstRecord: 0,
      color: false,
      sink,
      stats,
      progress: new TextProgress(noStatusLine, { done: 'filled' }),
      note: (line) => notes.push(line),
      tell: (line) => notes.push(line),
      ...settings,
      options: { underscores: false, ...options },
    },
    (async function* () {
      yield* inputs;
    })(),
  ).then(
    (failed) => ({ failed, error: undefined }),
    (error: unknown) => ({ failed: undefined, error }),
  );
  return {
    ...outcome,
    written,
    notes,
    stats,
    lines: () =>
      written
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

const argument = (input: string, index = 0): GivenText => ({ index, identity: {}, input, ending: '\n' });
const line = (input: string, index = 0, ending = '\n'): GivenText => ({
  ...argument(input, index),
  ending,
  name: `line ${index + 1} of standard input`,
  passThrough: true,
});
const record = (input: string, index: number, id?: unknown): GivenText => ({
  ...argument(input, index),
  identity: id === undefined ? {} : { id },
  name: `line ${index + 1} of standard input`,
});

test('plain output is a line for each text and sample', async () => {
  expect((await run([line('x [MASK]', 0, '\r\n'), line('[MASK][MASK]', 1)])).written).toBe('x a\r\nab\n');
  expect((await run([argument('x [MASK]')], { options: { samples: 2 } })).written).toBe('x a\nx b\n');
});

test('the whole of an input comes back without a line break of ours, but samples are kept apart', async () => {
  const whole = (input: string) => ({ ...argument(input), ending: '' });
  expect((await run([whole('x [MASK]')])).written).toBe('x a');
  expect((await run([whole('x [MASK]\n')])).written).toBe('x a\n');
  expect((await run([whole('x [MASK]')], { options: { samples: 2 } })).written).toBe('x a\nx b\n');
  expect((await run([whole('x [MASK]\n')], { options: { samples: 2 } })).written).toBe('x a\nx b\n');
});

test('lines without a gap are handed on and counted; an argument without one is an error', async () => {
  const { written, notes, failed } = await run([line('plain', 0, '\r\n'), line('[MASK]', 1), line('', 2)]);
  expect(written).toBe('plain\r\na\n\n');
  expect(notes).toEqual(['2 lines have no gap: passed on as given.']);
  expect(failed).toBe(0);
  expect((await run([argument('plain')])).error).toMatchObject({ code: 'no-gap', exitStatus: 2 });
  expect((await run([line('plain')], { format: 'json' })).lines()).toEqual([
    { text: 'plain', ids: [7, 8], gaps: [], masked: [], logLikelihood: 0, excluded: [] },
  ]);
});

test('JSON is the record of one sample, or the list of several', async () => {
  const one = {
    text: 'x a',
    ids: [1, 2],
    gaps: [{ position: 0, ids: [0], tokens: [tokenOf(0)], text: 'a', probabilities: [0.9] }],
    masked: [0],
    logLikelihood: -1,
  };
  expect((await run([record('x [MASK]', 0, 'id')], { format: 'json' })).lines()).toEqual([
    { id: 'id', ...one, excluded: ['special'] },
  ]);
  const [several] = (await run([argument('x [MASK]')], { format: 'json', options: { samples: 2 } })).lines();
  expect(several).toEqual({
    samples: [one, { ...one, text: 'x b', gaps: [{ ...one.gaps[0], text: 'b' }] }],
    excluded: ['special'],
  });
});

test('events carry the index and the id of their input', async () => {
  const inputs = [record('[MASK]', 0, 'x'), record('plain', 1, 'y'), record('[MASK]', 2)];
  const { failed, lines } = await run(inputs, { format: 'events', keepGoing: true });
  expect(failed).toBe(1);
  expect(lines().map(({ input, inputId, type }) => [input, inputId, type])).toEqual([
    [0, 'x', 'mlm-encoded'],
    [0, 'x', 'done'],
    [1, 'y', 'error'],
    [2, undefined, 'mlm-encoded'],
    [2, undefined, 'done'],
  ]);
});

test('with keepGoing a bad text is an error record in its place', async () => {
  const unreadable: Input = { index: 1, identity: {}, error: new UsageError('invalid-json', 'Cannot read.') };
  // What an earlier run found is nothing that this one found.
  const long = { ...record('long [MASK]', 2), identity: { id: 5, logLikelihood: 0, masked: [] } };
  const inputs = [record('[MASK]', 0), unreadable, long, record('[MASK]', 3)];
  const { failed, lines } = await run(inputs, { format: 'json', keepGoing: true });
  expect(failed).toBe(2);
  expect(lines()).toMatchObject([{ text: 'a' }, {}, {}, { text: 'a' }]);
  expect(lines().slice(1, 3)).toEqual([
    { error: { code: 'invalid-json', message: 'Cannot read.' } },
    {
      id: 5,
      error: { code: 'context-too-long', message: 'Cannot fill the text: it is too long.', try: 'Split it.' },
    },
  ]);
});

test('a line that cannot be filled goes on as it is, and what is wrong with it is told', async () => {
  const { written, notes, failed } = await run([
    line('[MASK]', 0),
    line('long [MASK]', 1),
    line('[MASK]', 2),
    line('long [MASK]', 3),
  ]);
  expect(written).toBe('a\nlong [MASK]\na\nlong [MASK]\n');
  expect(failed).toBe(2);
  expect(notes).toEqual([
    'Cannot fill the text: it is too long (line 2 of standard input).',
    'Try: Split it.',
    'Cannot fill the text: it is too long (line 4 of standard input).',
  ]);
});

test('a line that cannot be read goes on to the byte, or is an error record', async () => {
  const unreadable: Input = {
    index: 1,
    identity: {},
    name: 'line 2 of standard input',
    error: new UsageError('invalid-utf8', 'Cannot read line 2 of standard input: it is not UTF-8.'),
    passThrough: Uint8Array.of(0x62, 0xff, 0x0d, 0x0a),
  };
  const inputs = [line('[MASK]', 0), unreadable, line('[MASK]', 2)];
  const { written, notes, failed } = await run(inputs);
  expect(written).toBe('a\nb\u00ff\r\na\n');
  expect([failed, notes]).toEqual([1, ['Cannot read line 2 of standard input: it is not UTF-8.']]);
  expect((await run(inputs, { format: 'json' })).lines()).toMatchObject([
    { text: 'a' },
    { error: { code: 'invalid-utf8' } },
    { text: 'a' },
  ]);
});

test('an argument that cannot be filled ends the run', async () => {
  const { written, error } = await run([argument('[MASK]'), argument('long [MASK]', 1)]);
  expect(written).toBe('a\n');
  expect(error).toMatchObject({ exitStatus: 2, try: 'Split it.' });
});

test('errors that do not concern one text end any run', async () => {
  for (const text of ['broken [MASK]', 'bug [MASK]']) {
    const { error, written } = await run([record(text, 0), record('[MASK]', 1)], {
      format: 'json',
      keepGoing: true,
    });
    expect(error).toBeInstanceOf(text.startsWith('bug') ? TypeError : DeviceError);
    expect(written).toBe('');
  }
});

test('an output that cannot be written ends the run: nothing is written behind a part of a line', async () => {
  let writes = 0;
  const sink: Sink = {
    write: async () => {
      writes++;
      throw writeError('out.txt', { code: 'ENOSPC' }, 'Write somewhere else.');
    },
    close: async () => {},
    abandon: async () => undefined,
  };
  const { error, notes } = await run([line('[MASK]'), line('[MASK]', 1)], { keepGoing: true, sink });
  expect(error).toMatchObject({ code: 'cannot-write' });
  expect({ writes, notes }).toEqual({ writes: 1, notes: [] });
});

test('a text that is too large for the memory fails alone', async () => {
  const { written } = await run([record('large [MASK]', 0), record('[MASK]', 1)], {
    format: 'json',
    keepGoing: true,
  });
  const [first, second] = written
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first.error.code).toBe('out-of-memory');
  expect(second.text).toBeDefined();
});

test('an interrupt ends the run after the write in hand', async () => {
  const controller = new AbortController();
  let written = '';
  const sink: Sink = {
    write: async (text) => {
      written += text;
      controller.abort(new InterruptedError());
    },
    close: async () => {},
    abandon: async () => undefined,
  };
  const { error } = await run([line('[MASK]', 0), line('[MASK]', 1)], {
    sink,
    options: { signal: controller.signal },
  });
  expect(written).toBe('a\n');
  expect(error).toBeInstanceOf(InterruptedError);
});

test('fills are coloured by their probability, and alternatives go to the notes', async () => {
  const { written, notes } = await run([line('x [MASK] [MASK] [MASK*3]', 0)], {
    color: true,
    options: { alternatives: 1 },
  });
  expect(written).toBe('x \u001b[32ma\u001b[39m \u001b[33mb\u001b[39m [MASK*3]\n');
  expect(notes).toEqual(['gap 1: " a" 0.900', 'gap 2: " a" 0.900']);
});

test('statistics count texts, gaps, tokens and passes', async () => {
  const { stats } = await run([line('[MASK] [MASK]', 0), line('plain', 1), line('[MASK]', 2)], {
    options: { samples: 2 },
  });
  stats.loadMs = 123.4;
  const lines = stats.lines(2048);
  expect(lines[0]).toBe('load: 123 ms');
  expect(lines[1]).toMatch(/^fill: [\d.]+ ms, [\d.]+ tokens\/s, [\d.]+ ms a gap$/);
  expect(lines.slice(2)).toEqual([
    'texts: 2, gaps: 6, tokens filled: 6',
    'passes: 2 MLM, 4 AR',
    'peak memory: 2.00 MiB',
  ]);
  expect(new InfillStats().lines(1024)[1]).toBe('fill: 0.00 ms');
});

test('noise belongs to the number of a text, or to its own seed', async () => {
  const given: InfillOptions[] = [];
  const asked: Engine = {
    ...engine,
    infill: (to, input, options) => {
      given.push(options);
      return infill(to, input, options);
    },
  };
  const inputs = [line('plain', 0), line('[MASK]', 1), { ...record('[MASK]', 2), seed: 7 }];
  await run(inputs, { engine: asked, firstRecord: 10, options: { seed: 3 } });
  await run(inputs.slice(2), { engine: asked, options: { temperature: 0.5 } });
  expect(given.map(({ seed, record: number, temperature }) => [seed, number, temperature])).toEqual([
    [3, 10, undefined],
    [3, 11, undefined],
    // A seed asks for sampling, as the flag does.
    [7, 0, 1],
    [7, 0, 0.5],
  ]);
});
