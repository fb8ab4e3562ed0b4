// What `maria serve` answers is what the command line writes, in each of its ways.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';
import { allEvents, startServer, type TestServer } from './server-process.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  expect(await server.stop()).toEqual({ status: 0, stdout: `${server.url}\n`, stderr: '' });
});

async function answer(path: string, body: unknown, status = 200): Promise<string> {
  const response = await server.post(path, body);
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json']);
  return response.text();
}

/** What the command writes for one record. */
async function written(command: string, flags: readonly string[], record: object): Promise<string> {
  return (await maria([command, ...flags], { input: `${JSON.stringify(record)}\n` })).stdout;
}

/** The error records of a run, as if each were that of a request: what to try is told in flags there. */
async function errorsOf(command: string, flags: readonly string[], records: readonly object[]) {
  const input = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const { stdout } = await maria([command, ...flags], { input });
  return recordsIn<{ error: { code: string; message: string } }>(stdout).map(({ error, ...others }) => ({
    ...others,
    error: {
      code: error.code,
      message: error.message.replaceAll(/line \d of standard input/g, 'the request'),
    },
  }));
}

const text = 'The [MASK] sat on the [MASK*3] and \\[MASK] slept.';

describe('POST /infill', () => {
  const cases: [name: string, record: object, settings: object, flags: string[]][] = [
    ['greedy', { text, id: 'a', other: { deep: [1] } }, {}, []],
    ['a seed of its own', { text, seed: 7 }, {}, []],
    ['ids', { ids: [430, 6, 900, 20], seed: 7 }, {}, []],
    [
      'settings',
      { text: 'A ___ [MASK]<|endoftext|>.', seed: 3 },
      {
        samples: 3,
        alternatives: 2,
        top_k: 40,
        top_p: 0.9,
        temperature: 0.8,
        underscores: true,
        special_tokens: true,
      },
      [
        '--samples',
        '3',
        '--alternatives',
        '2',
        '--top-k',
        '40',
        '--top-p',
        '0.9',
        '--temperature',
        '0.8',
      ].concat(['--underscores', '--special-tokens']),
    ],
    [
      'another system',
      { text, seed: 7 },
      { system: 'mlm', line_breaks: true },
      ['--system', 'mlm', '--line-breaks'],
    ],
    [
      'the best fills, with gaps of one name',
      { text: 'A [MASK:pet] saw the [MASK:pet], [MASK].', seed: 7 },
      { best: 3, beam: 20, refresh: 'gap' },
      ['--best', '3', '--beam', '20', '--refresh', 'gap'],
    ],
    [
      'fills that differ',
      { text: 'The [MASK] sat.', seed: 7 },
      { samples: 3, distinct: true },
      ['--samples', '3', '--distinct'],
    ],
    [
      'gaps of unknown length',
      { text: 'She went to the [MASK*?] and slept.', gaps: [{ case: 'lower' }] },
      { max_length: 3, length_by: 'likelihood' },
      ['--max-length', '3', '--length-by', 'likelihood'],
    ],
    [
      'a long text in windows',
      { text: `${'The cat sat. '.repeat(200)}[MASK] slept.`, seed: 1 },
      { window: 64 },
      ['--window', '64'],
    ],
  ];
  test.each(cases)('%s: the bytes of --jsonl', async (_, record, settings, flags) => {
    const expected = await written('infill', ['--jsonl', ...flags], record);
    expect(await answer('/infill', { ...record, ...settings })).toBe(expected);
    if (!('samples' in settings) && !('window' in settings)) return;
    const events = await allEvents(await server.post('/infill', { ...record, ...settings, stream: true }));
    const lines = (await written('infill', ['--jsonl', '--events', ...flags], record)).trimEnd().split('\n');
    expect(events.pop()).toBe('[DONE]');
    // How many tokens are drafted follows what passes cost.
    const same = (one: string) => !/"type":"(drafted|step-end)"/.test(one);
    expect(events.filter(same)).toEqual(lines.filter(same));
  });

  test('fills are explained: the legal or fused probabilities are those that were chosen from', async () => {
    const record = { id: 'x', text: 'A [MASK*1-2] was [MASK] here.', gaps: [{ regex: ' ?[a-z]+' }], seed: 3 };
    const settings = { samples: 2, alternatives: 4, explain: 4, stream: true };
    const told = (await allEvents(await server.post('/infill', { ...record, ...settings })))
      .slice(0, -1)
      .map((event) => JSON.parse(event));
    const filled = told.filter(({ type }) => type === 'gap-filled');
    const explained = told.filter(({ type }) => type === 'explained');
    expect(told.findIndex(({ type }) => type === 'explained')).toBe(told.length - explained.length);
    const place = ({ inputId, sample, gap, index, position }: Record<string, unknown>) =>
      JSON.stringify({ inputId, sample, gap, index, position });
    expect(explained.map(place).sort()).toEqual(filled.map(place).sort());
    for (const event of filled) {
      const { candidates, legalMass } = explained.find((one) => place(one) === place(event));
      expect(legalMass ?? 1).toBeCloseTo(event.legalMass ?? 1, 4);
      for (const { id, probability } of event.alternatives) {
        const same = candidates.find((one: { id: number }) => one.id === id);
        expect(same.legal ?? same.fused).toBeCloseTo(probability, 4);
        for (const p of [same.ar, same.mlm]) expect(p >= 0 && p <= 1).toBe(true);
      }
    }
    for (const other of [{ stream: false }, { system: 'ar' }, { window: 'auto' }, { underscores: true }]) {
      const { error } = JSON.parse(await answer('/infill', { ...record, ...settings, ...other }, 400));
      expect(error).toMatchObject({ code: 'invalid-request', field: 'explain' });
    }
  });

  test('the number of a text in a run', async () => {
    const { runSeed, ...drawn } = JSON.parse(
      await answer('/infill', { text, temperature: 1, first_record: 2 }),
    );
    expect(runSeed).toBeGreaterThanOrEqual(0);
    const again = await maria(
      ['infill', '--jsonl', '--temperature', '1', '--seed', String(runSeed), '--first-record', '2'],
      { input: `${JSON.stringify({ text })}\n` },
    );
    expect(JSON.parse(again.stdout)).toEqual(drawn);
  });

  test('errors are the error records of --jsonl, with the fields of the record', async () => {
    const records = [
      { id: 1, text: 'no gap' },
      { id: 2, text: '[MASK*0]', note: 'x' },
      { id: 3 },
      { id: 4, text: 'a [MASK]', seed: -1 },
      { id: 5, ids: [6, 1e9] },
      { id: 7, text: 'a [MASK]', gaps: [{ wrds: 2 }], note: 'y' },
      { id: 6, text: `${'The cat sat. '.repeat(2000)}[MASK]` },
    ];
    const expected = await errorsOf('infill', ['--jsonl'], records);
    for (const [i, record] of records.entries()) {
      const { error, ...others } = JSON.parse(await answer('/infill', record, 400));
      const { code, message } = error;
      expect({ ...others, error: { code, message } }).toEqual(expected[i]);
    }
  });

  test('an error in a stream is its last event', async () => {
    const [error, end, ...more] = await allEvents(
      await server.post('/infill', { text: 'x', id: 4, stream: true }),
    );
    expect(JSON.parse(error!)).toMatchObject({ id: 4, error: { code: 'no-gap' } });
    expect([end, more]).toEqual(['[DONE]', []]);
  });

  test('a setting that does not fit is refused by name', async () => {
    for (const [field, value] of [
      ['temperature', -1],
      ['samples', 1000],
      ['top_p', 0],
      ['window', 'all'],
      ['system', 'best'],
      ['stream', 'yes'],
    ] as const) {
      const { error } = JSON.parse(await answer('/infill', { text, [field]: value }, 400));
      expect(error).toMatchObject({ code: 'invalid-request', field });
      expect(error.message).toContain(`"${field}"`);
    }
    expect(JSON.parse(await answer('/infill', { text, system: 'diffusion' }, 400)).error.code).toBe(
      'part-missing',
    );
  });
});

describe('POST /infill in the words of llama.cpp', () => {
  const code = {
    input_extra: [{ filename: 'a.txt', text: 'The cat.' }],
    input_prefix: 'Once upon \\',
    prompt: ' a [MASK]',
    input_suffix: ' who lived.',
    n_predict: 5,
    seed: 7,
  };

  test('the prompt stands after the prefix, no text is a gap, and a seed gives what the command gives', async () => {
    const { content, ...last } = JSON.parse(await answer('/infill', code));
    expect(last).toEqual({
      stop: true,
      stop_type: 'limit',
      model: 'maria-tiny',
      tokens_predicted: 5,
      tokens_evaluated: expect.any(Number),
      generation_settings: { seed: 7 },
      truncated: false,
    });
    // A backslash before a gap would be read as its own: the command has no words for this very text, but for one without it.
    const plain = { ...code, input_prefix: 'Once upon' };
    const filled = await maria(['infill', '--whole', '--seed', '7'], {
      input: 'a.txt\nThe cat.\nOnce upon a \\[MASK][MASK*5] who lived.',
    });
    const { content: own } = JSON.parse(await answer('/infill', plain));
    expect(`a.txt\nThe cat.\nOnce upon a [MASK]${own} who lived.`).toBe(filled.stdout);
    expect(content.length).toBeGreaterThan(0);
  });

  test('a stream has the same content in parts', async () => {
    const { content, ...last } = JSON.parse(await answer('/infill', code));
    const events = await allEvents(await server.post('/infill', { ...code, stream: true }));
    expect(events.pop()).toBe('[DONE]');
    const parts = events.map((event) => JSON.parse(event));
    expect(parts.map((part) => part.content).join('')).toBe(content);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.at(-1)).toEqual({ ...last, content: '' });
  });

  test('a stop word ends it', async () => {
    const { content } = JSON.parse(await answer('/infill', code));
    const stop = content.slice(3, 5);
    const stopped = JSON.parse(await answer('/infill', { ...code, stop: [stop] }));
    expect(stopped).toMatchObject({ content: content.slice(0, content.indexOf(stop)), stop_type: 'word' });
  });

  test('what it does not know is refused by name', async () => {
    const { error } = JSON.parse(await answer('/infill', { ...code, mirostat: 1 }, 400));
    expect(error).toMatchObject({ field: 'mirostat' });
  });
});

describe('POST /score', () => {
  const cases: [name: string, record: object, settings: object, flags: string[]][] = [
    ['ids', { id: 'a', ids: [430, 1182, 900, 20], masked: [1], more: 1 }, {}, []],
    [
      'a mask rate',
      { text: 'The dog sat on the mat.', maskRate: 0.5, seed: 7 },
      { tokens: true },
      ['--tokens'],
    ],
    [
      'spans',
      { text: 'The dog sat.', spans: [[4, 7]] },
      { exclude_special: true, first_record: 4 },
      ['--exclude-special', '--first-record', '4'],
    ],
  ];
  test.each(cases)('%s: the bytes of the command', async (_, record, settings, flags) => {
    expect(await answer('/score', { ...record, ...settings })).toBe(await written('score', flags, record));
  });

  test('what infill wrote, with samples', async () => {
    const filled = JSON.parse(await answer('/infill', { text, samples: 2, seed: 3 }));
    expect(await answer('/score', filled)).toBe(await written('score', [], filled));
  });

  test('errors are error records', async () => {
    const records = [{ id: 1, text: 'x' }, { ids: [1], masked: [4] }, { id: 2 }];
    const expected = await errorsOf('score', [], records);
    for (const [i, record] of records.entries()) {
      const { error, ...others } = JSON.parse(await answer('/score', record, 400));
      const { code, message } = error;
      expect({ ...others, error: { code, message } }).toEqual(expected[i]);
    }
  });
});

test('what there is not is told', async () => {
  const { url } = server;
  for (const [method, path, status] of [
    ['GET', '/infill', 405],
    ['DELETE', '/v1/models', 405],
    ['GET', '/nothing', 404],
    ['POST', '/', 405],
    ['GET', '/v1/models/../../etc/passwd', 404],
    ['GET', '/v1/models/..%2f..%2fetc%2fpasswd', 404],
    ['GET', '/v1/models/other', 404],
    ['GET', '/v1/models/maria-tiny', 200],
    ['GET', '/health', 200],
  ] as const) {
    const response = await fetch(url + path, { method });
    expect([method, path, response.status]).toEqual([method, path, status]);
    expect(await response.json()).toBeTypeOf('object');
  }
});
