// Where the texts to fill come from.
import { expect, test } from 'vitest';
import type { Source } from '../input.js';
import { type Input, type TextForm, textsOf } from './texts.js';

function stdin(bytes: Uint8Array | string): () => Source {
  return () => ({
    name: 'standard input',
    bytes: (async function* () {
      yield Buffer.from(bytes);
    })(),
  });
}

async function inputsOf(
  args: string[],
  bytes: Uint8Array | string,
  form: TextForm,
  options?: { required?: boolean },
): Promise<Input[]> {
  const inputs: Input[] = [];
  for await (const input of textsOf(args, stdin(bytes), form, options)) inputs.push(input);
  return inputs;
}

const recordsOf = (text: string | Uint8Array) => inputsOf(['-'], text, 'records');

test('arguments are texts, and "-" stands for lines among them', async () => {
  const inputs = await inputsOf(['first', '-', ''], 'a\r\n\nb', 'lines');
  expect(
    inputs.map((item) => [item.index, 'input' in item && item.input, 'ending' in item && item.ending]),
  ).toEqual([
    [0, 'first', '\n'],
    [1, 'a', '\r\n'],
    [2, '', '\n'],
    [3, 'b', '\n'],
    [4, '', '\n'],
  ]);
  expect(inputs.map((item) => 'passThrough' in item)).toEqual([false, true, true, true, false]);
});

test('several arguments are told apart by their numbers: a text may not have been quoted', async () => {
  expect(await inputsOf(['a', '[MASK]'], '', 'lines')).toMatchObject([
    { name: 'text 1' },
    { name: 'text 2' },
  ]);
  const [alone] = await inputsOf(['a [MASK]'], '', 'lines');
  expect(alone).not.toHaveProperty('name');
});

test('what is no JSON object comes with what to write', async () => {
  for (const line of ['\n', '{', 'null'])
    expect(await recordsOf(line)).toMatchObject([
      { error: { try: expect.stringContaining('{"text": "…"}') } },
    ]);
});

test('the whole input is one text to the byte', async () => {
  const text = '\uFEFF one\r\ntwo [MASK]\n\n';
  expect(await inputsOf(['-'], text, 'whole')).toMatchObject([{ input: text, ending: '' }]);
});

test.each(['lines', 'whole', 'records'] as const)(
  'an empty input of %s holds nothing, and is a usage error where that is asked for',
  async (form) => {
    expect(await inputsOf(['-'], '', form)).toEqual([]);
    await expect(inputsOf(['-'], '', form, { required: true })).rejects.toMatchObject({
      code: 'empty-input',
      exitStatus: 2,
    });
  },
);

test('a line that is not UTF-8 is an error among the lines, with its bytes', async () => {
  const inputs = await inputsOf(['-'], Uint8Array.of(0x61, 0x0a, 0x62, 0xff, 0x0d, 0x0a, 0x63), 'lines');
  expect(inputs).toMatchObject([
    { input: 'a' },
    {
      index: 1,
      error: {
        message: 'Cannot read line 2 of standard input: it is not UTF-8 (byte 0xff at byte offset 1).',
      },
      passThrough: Buffer.of(0x62, 0xff, 0x0d, 0x0a),
    },
    { index: 2, input: 'c' },
  ]);
});

test('a line that is too long is an error among the lines, and leaves an empty one', async () => {
  const bytes = Buffer.concat([Buffer.alloc(16 * 1024 * 1024 + 1, 'a'), Buffer.from('\nb')]);
  expect(await inputsOf(['-'], bytes, 'lines')).toMatchObject([
    { error: { code: 'input-too-long' }, passThrough: Buffer.from('\n') },
    { input: 'b' },
  ]);
});

test('records hold a text or ids, which win, any id, and other fields', async () => {
  const inputs = await recordsOf(
    '\uFEFF{"id":"a","text":"x [MASK]"}\n{"id":null,"ids":[5,599],"text":"z"}\r\n{"text":"y","note":1,"seed":7}',
  );
  expect(inputs).toMatchObject([
    { index: 0, identity: { id: 'a' }, input: 'x [MASK]' },
    { index: 1, identity: { id: null }, input: [5, 599] },
    { index: 2, identity: { note: 1 }, input: 'y', seed: 7 },
  ]);
});

test.each([
  ['', 'invalid-record', /the line is empty/],
  ['{"text":', 'invalid-json', /not JSON/],
  [`[${'1,'.repeat(300)}`, 'invalid-json', /not JSON/],
  ['["text"]', 'invalid-record', /not a JSON object/],
  ['null', 'invalid-record', /not a JSON object/],
  ['{"id":1}', 'invalid-record', /neither "text" nor "ids"/],
  ['{"id":1,"error":{"code":"x"}}', 'invalid-record', /neither "text" nor "ids"/],
  ['{"text":7}', 'invalid-record', /"text" is not a string/],
  ['{"ids":"1"}', 'invalid-record', /holds "1"/],
  ['{"ids":[1,-2]}', 'invalid-record', /holds -2/],
  ['{"ids":[1.5]}', 'invalid-record', /holds 1.5/],
  ['{"ids":[1,null]}', 'invalid-record', /holds null/],
  [
    '{"text":"a","seed":-1}',
    'invalid-record',
    /"seed" is -1, it must be a whole number from 0 to 4294967295/,
  ],
  ['{"text":"a","seed":"1"}', 'invalid-record', /"seed" is "1"/],
])('the bad record %s is an error among the records', async (line, code, message) => {
  const inputs = await recordsOf(`{"text":"before"}\n${line}\n{"text":"after"}\n`);
  expect(inputs).toMatchObject([{ input: 'before' }, { index: 1, error: { code } }, { input: 'after' }]);
  const { error } = inputs[1] as { error: Error };
  expect(error.message).toMatch(message);
  expect(error.message).toContain('line 2 of standard input');
  expect(error.message.length).toBeLessThan(260);
});

test('the error record of an earlier command stays what it is', async () => {
  const error = { code: 'no-gap', message: 'Cannot fill the text: it has no gap.', try: 'Write one.' };
  expect(await recordsOf(JSON.stringify({ id: 7, error }))).toMatchObject([{ identity: { id: 7 }, error }]);
});

test('the error of an earlier run does not come back; another field of that name does', async () => {
  const lines = [
    '{"id":1,"text":"a","error":{"code":"no-gap","message":"Cannot fill the text."}}',
    '{"id":2,"text":"b","error":"typo"}',
  ];
  const inputs = await recordsOf(lines.join('\n'));
  expect(inputs.map(({ identity }) => identity)).toEqual([{ id: 1 }, { id: 2, error: 'typo' }]);
});

test('a record that is bad but has an id keeps it, and one that is not UTF-8 is an error too', async () => {
  expect(await recordsOf('{"id":7,"text":[]}\n')).toMatchObject([{ identity: { id: 7 }, error: {} }]);
  const bytes = Buffer.concat([Buffer.from('{"text":"'), Buffer.of(0xe9), Buffer.from('"}\n{"text":"b"}\n')]);
  expect(await recordsOf(bytes)).toMatchObject([{ error: { code: 'invalid-utf8' } }, { input: 'b' }]);
});
