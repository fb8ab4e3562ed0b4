// What `maria score` reads, and its loop over a stand-in for the engine.
import { inOrder, type MariaModel, type ScoreInput, sequencesFor } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { expect, test } from 'vitest';
import type { Engine } from '../engine.js';
import type { Source } from '../input.js';
import { noStatusLine } from '../status-line.js';
import { TextProgress } from '../text-progress.js';
import { type Scorable, scoreRecords, scoreTexts } from './inputs.js';
import { runScore } from './run.js';
import { ScoreSummary } from './summary.js';

function source(text: string | Uint8Array, name = 'standard input'): Source {
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

test('what is masked tells whether ids or a text are meant, and other fields come back', async () => {
  const lines = [
    '{"id":1,"text":"a b","ids":[4,5],"masked":[1],"gaps":[],"note":2}',
    '{"text":"a b","ids":[4,5],"spans":[[0,1]]}',
    '{"text":"a b","ids":[4,5],"maskRate":1}',
    '{"id":2,"error":{"code":"no-gap","message":"Cannot fill the text."}}',
  ];
  expect(await all(scoreRecords([source(lines.join('\n'))], plain))).toMatchObject([
    { input: { ids: [4, 5], masked: [1] }, identity: { id: 1, gaps: [], note: 2 } },
    { input: { text: 'a b', spans: [[0, 1]] } },
    { input: { text: 'a b', maskRate: 1 } },
    { identity: { id: 2 }, error: { code: 'no-gap', message: 'Cannot fill the text.' } },
  ]);
});

test('the samples of a record are scored each, and their other fields come back', async () => {
  const samples = '[{"ids":[4,5],"masked":[1],"text":"a b"},{"ids":[4,6],"masked":[0]}]';
  const lines = [
    `{"id":1,"samples":${samples},"excluded":["special"],"runSeed":2}`,
    `{"samples":${samples},"ids":[4,5],"masked":[1]}`,
    '{"samples":[]}',
    '{"samples":[{"ids":[4]}]}',
  ];
  const items = await all(scoreRecords([source(lines.join('\n'), 'a.jsonl')], plain));
  expect(items).toMatchObject([
    {
      identity: { id: 1, runSeed: 2 },
      samples: [
        { input: { ids: [4, 5], masked: [1] }, identity: { text: 'a b' } },
        { input: { ids: [4, 6], masked: [0] } },
      ],
    },
    { input: { ids: [4, 5], masked: [1] }, identity: { samples: [{}, {}] } },
    { error: { message: 'Cannot read line 3 of a.jsonl: "samples" is not a list of records.' } },
    {
      error: { message: expect.stringMatching(/^Cannot read sample 0 of line 4 of a.jsonl: "masked" must/) },
    },
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
  ['{"masked":[1]}', /neither "text" nor "ids"/],
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

test('an empty input holds nothing, and is a usage error where that is asked for', async () => {
  const required = { ...everything, required: true };
  for (const masking of [everything, required])
    for (const items of [scoreRecords([source('')], masking), scoreTexts(['-'], () => source(''), masking)]) {
      const held = all(items);
      if (masking === everything) expect(await held).toEqual([]);
      else await expect(held).rejects.toMatchObject({ code: 'empty-input', exitStatus: 2 });
    }
});

test('a line that is not UTF-8 is an error among the lines', async () => {
  const bytes = Buffer.from('a\n\u00ff\nb', 'latin1');
  const items = await all(scoreTexts(['-'], () => source(bytes), everything));
  expect(items).toMatchObject([
    { input: { text: 'a', record: 0 } },
    { error: { code: 'invalid-utf8' } },
    { input: { text: 'b', record: 2 } },
  ]);
});

const engine: Engine = {
  loadDenoiser: () => Promise.reject(new Error('it is not loaded here')),
  loadModel: async () => Promise.reject(new Error('not loaded here')),
  infill: () => {
    throw new Error('not filled here');
  },
  inOrder,
  sequencesFor,
  requireSystem: async () => {},
  checkConstraint: async () => {},
  tokensOf: (_, ids) => ids.map((id) => ({ id, token: 'a', piece: 'a', bytes: [97] })),
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

async function scored(
  keepGoing: boolean,
  tellsTokens = false,
  items = scoreTexts(['a', 'long', 'b'], () => source(''), everything),
) {
  let written = '';
  const sink = {
    write: async (text: string | Uint8Array) => {
      written += text;
    },
    close: async () => {},
    abandon: async () => undefined,
  };
  const signal = new AbortController().signal;
  const summary = new ScoreSummary();
  const outcome = await runScore(
    {
      engine,
      model: {} as MariaModel,
      signal,
      excludeSpecial: false,
      specialTokens: false,
      keepGoing,
      batch: 2,
      tellsTokens,
      sink,
      summary,
      progress: new TextProgress(noStatusLine, { done: 'scored' }),
    },
    items,
  ).catch((error: unknown) => error);
  return {
    outcome,
    summary: summary.lines(Number(outcome) || 0),
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
  expect(await scored(true)).toEqual({
    outcome: 1,
    records: [record, { error }, record],
    summary: ['Scored 2 texts, 2 tokens: log-likelihood -4.00, perplexity 7.389. 1 failed.'],
  });
  const { outcome, records } = await scored(false);
  expect(records).toEqual([record]);
  expect(outcome).toMatchObject({ message: 'Cannot fill the text: it is too long (text 2).' });
});

test('records tell the masked tokens on request, in the order of their scores', async () => {
  const { records } = await scored(true, true);
  expect(records[0]).toMatchObject({
    perToken: [-2],
    tokens: [{ id: 5, token: 'a', piece: 'a', bytes: [97] }],
  });
});

test('a record that cannot be scored has no score, such as what a filling found', async () => {
  const lines =
    '{"id":1,"text":"long","maskRate":1,"logLikelihood":-3,"excluded":["special"],"tokens":[],"gaps":[]}\n' +
    '{"id":2,"error":{"code":"no-gap","message":"Cannot fill the text."},"perplexity":1}';
  const error = { code: 'context-too-long', message: 'Cannot fill the text: it is too long.' };
  const failed = { id: 2, error: { code: 'no-gap', message: 'Cannot fill the text.' } };
  const given = () => scoreRecords([source(lines)], plain);
  // Without --tokens, that field is the user's own.
  expect((await scored(true, false, given())).records).toEqual([
    { id: 1, tokens: [], gaps: [], error },
    failed,
  ]);
  expect((await scored(true, true, given())).records).toEqual([{ id: 1, gaps: [], error }, failed]);
});

test('samples of a record stay in one record, each with its score; one that fails fails the record', async () => {
  const lines =
    '{"id":1,"samples":[{"text":"a","maskRate":1,"n":1},{"text":"b","maskRate":1,"n":2}]}\n' +
    '{"id":2,"samples":[{"text":"a","maskRate":1},{"text":"long","maskRate":1}]}';
  const { records, summary } = await scored(true, false, scoreRecords([source(lines)], plain));
  const score = { logLikelihood: -2, perToken: [-2], perplexity: Math.exp(2), ids: [4, 5], masked: [1] };
  expect(records).toEqual([
    {
      id: 1,
      samples: [
        { n: 1, ...score },
        { n: 2, ...score },
      ],
      excluded: [],
    },
    { id: 2, error: { code: 'context-too-long', message: 'Cannot fill the text: it is too long.' } },
  ]);
  expect(summary).toEqual(['Scored 2 texts, 2 tokens: log-likelihood -4.00, perplexity 7.389. 1 failed.']);
});

test('where nothing was scored nothing is summed up', () => {
  expect(new ScoreSummary().lines(0)).toEqual([]);
  expect(new ScoreSummary().lines(3)).toEqual(['Scored none. 3 failed.']);
});
