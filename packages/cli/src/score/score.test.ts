// What `maria score` reads, and its loop over a stand-in for the engine.
import type { MariaModel, ScoreInput } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { expect, test } from 'vitest';
import type { Engine } from '../engine.js';
import type { Source } from '../input.js';
import { type Scorable, scoreRecords, scoreTexts } from './inputs.js';
import { runScore } from './run.js';

function source(text: string, name = 'standard input'): Source {
  return {
    name,
    bytes: (async function* () {
      yield Buffer.from(text);
    })(),
  };
}

async function all(items: AsyncIterable<Scorable>): Promise<Scorable[]> {
  const held: Scorable[] = [];
  for await (const item of items) held.push(item);
  return held;
}

const plain = { firstRecord: 0 };
const everything = { maskRate: 1, firstRecord: 0 };

test('records say what is masked', async () => {
  const lines = [
    '{"id":1,"ids":[4,5,6],"masked":[1]}',
    '{"text":"a b","maskRate":0.5,"seed":3}',
    '{"text":"a b","maskRate":1}',
    '{"text":"a b","spans":[[0,1]]}',
  ];
  expect(
    (await all(scoreRecords([source(lines.join('\n'))], plain))).map((item) => 'input' in item && item.input),
  ).toEqual([
    { ids: [4, 5, 6], masked: [1] },
    { text: 'a b', maskRate: 0.5, seed: 3, record: 0 },
    { text: 'a b', maskRate: 1, record: 2 },
    { text: 'a b', spans: [[0, 1]] },
  ]);
});

test('a rate and a seed of the command line hold for texts that do not say their own', async () => {
  const lines = [
    '{"text":"a"}',
    'not JSON',
    '{"text":"a","maskRate":1}',
    '{"ids":[1,2],"masked":[1]}',
    '{"text":"a","seed":9}',
  ];
  const sources = [source(lines.join('\n')), source('{"text":"b"}')];
  const items = await all(scoreRecords(sources, { maskRate: 0.5, seed: 7, firstRecord: 100 }));
  expect(items.map((item) => 'input' in item && item.input)).toEqual([
    { text: 'a', maskRate: 0.5, seed: 7, record: 100 },
    false,
    { text: 'a', maskRate: 1, seed: 7, record: 102 },
    { ids: [1, 2], masked: [1] },
    { text: 'a', maskRate: 0.5, seed: 9, record: 0 },
    { text: 'b', maskRate: 0.5, seed: 7, record: 105 },
  ]);
});

test.each([
  ['{"text":"a"}', /neither "maskRate" nor "spans"/],
  ['{"ids":[1]}', /"masked" must be a list/],
  ['{"masked":[1]}', /either "text" or "ids"/],
  ['{"text":"a","maskRate":1,"spans":[[0,1]]}', /both/],
  ['{"text":"a","maskRate":"1"}', /"maskRate" is not a number/],
  ['{"text":"a","maskRate":1,"seed":"x"}', /"seed" is "x", it must be a whole number/],
  ['{"text":"a","maskRate":1,"seed":4294967296}', /"seed" is 4294967296/],
  ['{"text":"a","spans":[0,1]}', /list of \[start, end\]/],
  ['{"text":"a","spans":[[0,1.5]]}', /list of \[start, end\]/],
  ['{', /not JSON/],
])('the bad record %s is an error in its place', async (line, message) => {
  const items = await all(scoreRecords([source(`${line}\n{"text":"a","maskRate":1}\n`, 'a.jsonl')], plain));
  expect(items).toHaveLength(2);
  const { error } = items[0] as { error: Error };
  expect(error.message).toMatch(message);
  expect(error.message).toContain('line 1 of a.jsonl');
});

test('texts come from arguments and lines', async () => {
  const masking = { maskRate: 1, seed: 4, firstRecord: 5 };
  const items = await all(scoreTexts(['x', '-'], () => source('y\nz\n'), masking));
  expect(items.map((item) => 'input' in item && item.input)).toEqual(
    ['x', 'y', 'z'].map((text, i) => ({ text, maskRate: 1, seed: 4, record: 5 + i })),
  );
});

test('an empty input is a usage error', async () => {
  await expect(all(scoreRecords([source('')], plain))).rejects.toMatchObject({ code: 'empty-input' });
  await expect(all(scoreTexts(['-'], () => source(''), everything))).rejects.toMatchObject({
    code: 'empty-input',
  });
});

const engine: Engine = {
  loadModel: async () => Promise.reject(new Error('not loaded here')),
  infill: () => {
    throw new Error('not filled here');
  },
  requireSystem: async () => {},
  segmentsOf: (text) => [text],
  score: async (_: MariaModel, input: ScoreInput) => {
    if ('text' in input && input.text === 'long')
      throw new UsageError('context-too-long', 'Cannot fill the text: it is too long.');
    return {
      ids: [4, 5],
      masked: [1],
      logLikelihood: -2,
      perToken: [-2],
      perplexity: Math.exp(2),
      excluded: [],
    };
  },
};

async function scored(keepGoing: boolean) {
  let written = '';
  const sink = {
    write: async (text: string) => {
      written += text;
    },
    close: async () => {},
    abandon: async () => undefined,
  };
  const signal = new AbortController().signal;
  const items = scoreTexts(['a', 'long', 'b'], () => source(''), everything);
  const outcome = await runScore(
    { engine, model: {} as MariaModel, signal, excludeSpecial: false, specialTokens: false, keepGoing, sink },
    items,
  ).catch((error: unknown) => error);
  return {
    outcome,
    records: written
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

test('a record for each input; a bad one is an error record or the end', async () => {
  const record = {
    logLikelihood: -2,
    perToken: [-2],
    perplexity: Math.exp(2),
    ids: [4, 5],
    masked: [1],
    excluded: [],
  };
  const error = { code: 'context-too-long', message: 'Cannot fill the text: it is too long.' };
  expect(await scored(true)).toEqual({ outcome: 1, records: [record, { error }, record] });
  const { outcome, records } = await scored(false);
  expect(records).toEqual([record]);
  expect(outcome).toMatchObject({ message: 'Cannot fill the text: it is too long (text 2).' });
});
