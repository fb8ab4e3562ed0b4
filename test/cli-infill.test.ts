// maria infill on the embedded pair, as a user runs it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Filled {
  readonly text: string;
  readonly ids: number[];
  readonly gaps: {
    readonly ids: number[];
    readonly probabilities: number[];
    readonly alternatives?: { readonly id: number; readonly probability: number }[][];
  }[];
}

const story = 'Once upon a time there was a little [MASK] who lived in the [MASK].';
const own = /^Once upon a time there was a little (.+) who lived in the (.+)\.$/;

async function filled(args: string[], input?: string): Promise<string> {
  const { status, stdout, stderr } = await maria(['infill', ...args], input === undefined ? {} : { input });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** The greedy fill of the story. */
let plain: string;
beforeAll(async () => {
  plain = await filled([story]);
});

test('every way in gives the same text, and every way out agrees', async () => {
  expect(plain.trimEnd()).toMatch(own);
  expect(plain).not.toContain('[MASK]');
  expect(await filled([], `${story}\n`)).toBe(plain);
  expect(await filled(['--whole'], story)).toBe(plain.trimEnd());
  expect(await filled(['--underscores', story.replaceAll('[MASK]', '____')])).toBe(plain);

  const [json] = recordsIn(await filled(['--json', story]));
  expect(`${json?.text}\n`).toBe(plain);
  const [record] = recordsIn(await filled(['--jsonl'], JSON.stringify({ id: 7, text: story })));
  expect(record).toEqual({ id: 7, ...json });
  const done = recordsIn(await filled(['--events', story])).at(-1);
  const { excluded, masked } = json ?? {};
  expect({ ...done, excluded, masked }).toEqual({ input: 0, type: 'done', sample: 0, ...json });
});

test('ids with the mask id give what the text gives', async () => {
  const events = recordsIn<Filled>(await filled(['--events', story]));
  const [record] = recordsIn<Filled>(await filled(['--jsonl'], JSON.stringify({ ids: events[0]?.ids })));
  const expected = events.at(-1);
  expect(record?.ids).toEqual(expected?.ids);
  expect(record?.gaps.map(({ ids }) => ids)).toEqual(expected?.gaps.map(({ ids }) => ids));
});

test('lines go through in order; those without a gap as they are, with their line ends', async () => {
  const { status, stdout, stderr } = await maria(['infill'], {
    input: 'A [MASK] ran.\r\nno gap\n\n[MASK] [MASK]\nlast [MASK]',
  });
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.replace(/ .* /, ' … '))).toHaveLength(6);
  expect(stdout).toMatch(/^A .+ ran\.\r\nno gap\n\n.+\nlast .+\n$/);
  expect(stderr).toBe('2 lines have no gap: passed on as given.\n');
});

describe('sampling', () => {
  test('a seed gives its text again, and another one another', async () => {
    const args = ['--json', '-n', '4', '--seed', '11', 'There was a [MASK*6].'];
    const [first] = recordsIn<{ samples: Filled[] }>(await filled(args));
    expect(recordsIn(await filled(args))).toEqual([first]);
    expect(first?.samples).toHaveLength(4);
    expect(new Set(first?.samples.map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(recordsIn(await filled(args.with(4, '12')))).not.toEqual([first]);
  });

  test('each text of a run is filled otherwise, and parts of the input as the whole', async () => {
    const gap = 'There was a [MASK*6].';
    const sampling = ['-n', '2', '--seed', '11'];
    const lines = Array.from({ length: 6 }, (_, i) => (i === 2 ? 'no gap\n' : `${gap}\n`));
    const run = async (args: string[], input: string[]) => {
      const { stdout } = await maria(['infill', ...sampling, ...args], { input: input.join('') });
      return stdout.split('\n').slice(0, -1);
    };
    const whole = await run([], lines);
    expect(whole).toHaveLength(12);
    expect(new Set(whole.filter((text) => text !== 'no gap')).size).toBeGreaterThan(8);
    expect(whole.slice(0, 2)).toEqual((await filled([...sampling, gap])).split('\n').slice(0, -1));
    expect(await run(['--first-record', '3'], lines.slice(3))).toEqual(whole.slice(6));
    // What the other lines are says nothing.
    expect((await run([], ['x\n', 'y\n', 'z\n', ...lines.slice(3)])).slice(6)).toEqual(whole.slice(6));
  });

  test('a record with a seed of its own is filled as the first of a run with that seed', async () => {
    const text = 'There was a [MASK*6].';
    const [alone] = recordsIn(await filled(['--json', '--seed', '5', text]));
    const records = [{ text }, { text, seed: 5 }, { text }, { text, seed: 5 }];
    const input = records.map((each) => JSON.stringify(each)).join('\n');
    const [greedy, ...others] = recordsIn(await filled(['--jsonl', '--first-record', '7'], input));
    expect(greedy).not.toEqual(alone);
    expect(others).toEqual([alone, greedy, alone]);
  });

  test('temperature 0 and one token to sample from are the default', async () => {
    expect(await filled(['--temperature', '0', '--seed', '5', story])).toBe(plain);
    expect(await filled(['--top-k', '1', '--samples', '2', '--seed', '5', story])).toBe(plain + plain);
  });
});

test('alternatives are in the JSON, and else on standard error', async () => {
  const [record] = recordsIn<Filled>(await filled(['--json', '--alternatives', '3', story]));
  expect(record?.gaps).toHaveLength(2);
  for (const { ids, probabilities, alternatives } of record?.gaps ?? []) {
    expect(alternatives).toHaveLength(1);
    expect(alternatives?.[0]).toHaveLength(3);
    expect(alternatives?.[0]?.[0]).toMatchObject({ id: ids[0], probability: probabilities[0] });
  }
  const { stdout, stderr } = await maria(['infill', '-a', '3', story]);
  expect(stdout).toBe(`${record?.text}\n`);
  expect(stderr).toMatch(/^gap 1: ".+" 0\.\d{3} {2}".+" 0\.\d{3} {2}".+" 0\.\d{3}\ngap 2: .*\n$/);
});

test('colour only where it is asked for', async () => {
  expect(plain).not.toContain('\u001b');
  const colored = await filled(['--color', 'always', story]);
  expect(colored.split('\u001b[')).toHaveLength(5);
  expect(stripVTControlCharacters(colored)).toBe(plain);
  const withEnv = async (env: Record<string, string>) => (await maria(['infill', story], { env })).stdout;
  expect(await withEnv({ FORCE_COLOR: '1' })).toBe(colored);
  expect(await withEnv({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(plain);
});

test('statistics go to standard error', async () => {
  const { status, stdout, stderr } = await maria(['infill', '--stats', '--speculate', 'off', story]);
  expect(status).toBe(0);
  expect(stdout.trimEnd()).toMatch(own);
  expect(stderr).toMatch(
    /^load: \d.* ms\nfill: .* tokens\/s, .* ms a gap\ntexts: 1, gaps: 2, tokens filled: 2\npasses: 1 MLM, 2 AR\npeak memory: \d+ MiB\n$/,
  );
});

describe('--output', () => {
  test('holds what standard output would, and replaces the file', async () => {
    const path = join(folder, 'filled.txt');
    writeFileSync(path, 'before');
    expect(await filled(['-o', path, story])).toBe('');
    expect(readFileSync(path, 'utf8')).toBe(plain);
    expect(readdirSync(folder)).toEqual(['filled.txt']);
  });

  test('a run that fails leaves the file as it was, and its own part beside it', async () => {
    const path = join(folder, 'kept.txt');
    writeFileSync(path, 'before');
    const { status, stderr } = await maria(['infill', '-o', path, 'A [MASK].', 'No gap.']);
    expect(status).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('before');
    const [, partial = ''] =
      /^What was done so far is in (.*)\nCannot fill the text: it has no gap/.exec(stderr) ?? [];
    expect(readFileSync(partial, 'utf8')).toMatch(/^A .+\.\n$/);
  });
});

test('where the tokenizers library has no build, nothing stands in for it', async () => {
  const hook = fileURLToPath(new URL('./without-tokenizers.cjs', import.meta.url));
  const { status, stdout, stderr } = await maria(['infill', story], {
    env: { NODE_OPTIONS: `--require ${JSON.stringify(hook)}` },
  });
  expect([status, stdout]).toEqual([5, '']);
  expect(stderr).toMatch(/^Cannot load the tokenizers library.*\nTry: npm install\n$/);
});

describe('text in, text out', () => {
  const lines = Array.from(
    { length: 12 },
    (_, i) => `${story.replace(/[^.]*$/, '')} Part ${i}: [MASK*3] "[MASK*2]`,
  );

  test.each([1, 2, 3])('a line in is a line out, with whole characters: seed %i', async (seed) => {
    const hard = [
      ...lines,
      '[MASK][MASK*2]The cat',
      'I am [MASK] [MASK], 中[MASK] [MASK]文',
      '日本[MASK*3] [MASK*3].',
    ];
    const args = ['infill', '-t', '2', '--seed', `${seed}`];
    const { stdout } = await maria(args, { input: `${hard.join('\n')}\n` });
    expect(stdout.split('\n')).toHaveLength(hard.length + 1);
    expect(stdout).not.toContain('\ufffd');
    const records = await maria([...args, '--jsonl'], {
      input: hard.map((text) => JSON.stringify({ text })).join('\n'),
    });
    for (const { text } of recordsIn<{ text: string }>(records.stdout)) expect(text).not.toMatch(/[\n\r]/);
  });

  test('a backslash before a marker makes it text', async () => {
    expect(await filled(['A \\[MASK] and a [MASK].'])).toMatch(/^A \[MASK\] and a [^[]+\.\n$/);
    const { stdout } = await maria(['infill'], { input: 'No gap: \\[MASK]\n' });
    expect(stdout).toBe('No gap: [MASK]\n');
  });

  test('special tokens are text unless they are asked for', async () => {
    const text = '<|endoftext|>Once upon a [MASK].';
    const idsOf = async (...flags: string[]) =>
      recordsIn<{ ids: number[] }>(await filled(['--json', ...flags, text]))[0]!.ids;
    const plain = await idsOf();
    const asTokens = await idsOf('--special-tokens');
    expect(plain.length).toBeGreaterThan(asTokens.length + 2);
    // The document-start token is put before the text anyway: it is not doubled.
    expect(asTokens).toEqual(
      recordsIn<{ ids: number[] }>(await filled(['--json', text.replace('<|endoftext|>', '')]))[0]!.ids,
    );
  });
});

describe('texts that cannot be filled', () => {
  const bad = [
    { id: 'none', text: 'No gap here.', code: 'no-gap' },
    { id: 'malformed', text: 'A [MASK*0] b.', code: 'bad-gap' },
    { id: 'long', text: `${'word '.repeat(2000)}[MASK]`, code: 'context-too-long' },
    { id: '1 MB', text: `${'A long line. '.repeat(80_000)}[MASK]`, code: 'context-too-long' },
  ];

  test.each(bad)('$id: exit status 2', async ({ text, code }) => {
    const { status, stdout, stderr } = await maria(['infill', '--whole'], { input: text });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Cannot .*\nTry: .*\n$/);
    if (code === 'context-too-long') expect(stderr).toMatch(/ \d+ tokens/);
  });

  test('as records they are errors among the others', async () => {
    const good = (id: string) => ({ id, text: story });
    const records = [good('before'), ...bad, good('after')];
    const { status, stdout, stderr } = await maria(['infill', '--jsonl'], {
      input: records.map((record) => JSON.stringify(record)).join('\n'),
    });
    expect([status, stderr]).toEqual([1, '']);
    const [before, ...others] = recordsIn(stdout);
    const after = others.pop();
    expect(others).toMatchObject(bad.map(({ id, code }) => ({ id, error: { code } })));
    for (const record of others) expect(Object.keys(record)).toEqual(['id', 'code', 'error']);
    expect({ ...before, id: 'after' }).toEqual(after);
  });

  test('a line that cannot be filled names itself and is handed on; the others are filled', async () => {
    const long = `${'word '.repeat(2000)}[MASK]`;
    const { status, stdout, stderr } = await maria(['infill'], {
      input: `A [MASK].\n${long}\nA [MASK*0].\nA [MASK].\n`,
    });
    expect(status).toBe(1);
    const [first, ...rest] = stdout.split('\n');
    expect(first).toMatch(/^A .+\.$/);
    expect(rest).toEqual([long, 'A [MASK*0].', first, '']);
    expect(stderr).toMatch(
      /^Cannot .* \(line 2 of standard input\)\.\nTry: .*\nCannot .* \(line 3 of standard input\)\.\nTry: /,
    );
  });

  test('records that cannot be read are errors in their place', async () => {
    const [event] = recordsIn<{ ids: number[] }>(await filled(['--events', 'A [MASK].']));
    const beyond = JSON.stringify({ id: 2, ids: [99999999, ...(event?.ids ?? [])] });
    const lines = ['{"text":"A [MASK]."}', 'not json', '', '{"id":[1],"ids":[-1]}', beyond];
    const input = Buffer.concat([
      Buffer.from(`${lines.join('\n')}\n`),
      Buffer.of(0x22, 0xff),
      Buffer.from(`\n${lines[0]}`),
    ]);
    const { status, stdout } = await maria(['infill', '--jsonl'], { input });
    expect(status).toBe(1);
    const records = recordsIn(stdout);
    expect(records).toMatchObject([
      { text: expect.any(String) },
      { error: { code: 'invalid-json' } },
      { error: { code: 'invalid-record' } },
      { id: [1], error: { code: 'invalid-record' } },
      { id: 2, error: { code: 'id-out-of-range' } },
      { error: { code: 'invalid-utf8' } },
      { text: expect.any(String) },
    ]);
    expect(records.at(-1)).toEqual(records[0]);
  });

  test('nothing but gaps can be filled', async () => {
    expect(await filled(['[MASK] [MASK]', '[MASK*4]', '[MASK][MASK]'])).toMatch(/^([^[\]]+\n){3}$/);
  });
});

test('sampling without a seed draws one, and tells it', async () => {
  const { stdout, stderr } = await maria(['infill', '-n', '2', '--json', 'A [MASK*3] cat.']);
  const { runSeed, samples } = JSON.parse(stdout);
  expect(stderr).toBe(`Seed: ${runSeed} (the same texts again: --seed ${runSeed})\n`);
  const again = await maria(['infill', '-n', '2', '--json', '--seed', `${runSeed}`, 'A [MASK*3] cat.']);
  expect(again.stderr).toBe('');
  expect(JSON.parse(again.stdout)).toMatchObject({ samples });
  expect(JSON.parse(again.stdout)).not.toHaveProperty('runSeed');
  const events = (await maria(['infill', '-t', '1', '--events', 'A [MASK].'])).stdout.trim().split('\n');
  expect(JSON.parse(events.at(-1)!).runSeed).toEqual(expect.any(Number));
});

describe('gaps of unknown length', () => {
  const text = 'Once upon a time there was a [MASK*1-4] who lived with her [MASK*?].';
  const fixed = (lengths: readonly number[]) =>
    text.replace('1-4', `${lengths[0]}`).replace('?', `${lengths[1]}`);

  interface Found extends Filled {
    readonly lengths: readonly {
      readonly gap: number;
      readonly length: number;
      readonly candidates: readonly { readonly length: number; readonly score: number }[];
    }[];
  }

  test('have the length that is best, and every candidate is told', async () => {
    const [record] = recordsIn<Found>(await filled(['--json', '--max-length', '6', text]));
    const { lengths, gaps } = record!;
    expect(lengths.map(({ gap }) => gap)).toEqual([0, 1]);
    expect(lengths.map(({ candidates }) => candidates.length)).toEqual([4, 6]);
    for (const { gap, length, candidates } of lengths) {
      const best = candidates.reduce((a, b) => (b.score > a.score ? b : a));
      expect(best.length).toBe(length);
      expect(gaps[gap]!.ids).toHaveLength(length);
    }
    expect(`${record!.text}\n`).toBe(await filled([fixed(lengths.map(({ length }) => length))]));
    const events = recordsIn<{ type: string }>(await filled(['--events', '--max-length', '6', text]));
    expect(events[0]).toMatchObject({ type: 'lengths-compared', gap: 0, round: 0 });
    expect(events.find(({ type }) => type === 'mlm-encoded')).toMatchObject({
      lengths: lengths.map(({ length }) => length),
    });
  });

  test('the same text however many are filled at once, with drafts and without', async () => {
    const record = (id: number) =>
      JSON.stringify({ id, seed: 5, text: 'A [MASK] ran to the [MASK].', gaps: [{ max: 3 }, { max: 4 }] });
    const input = [1, 2, 3].map(record).join('\n');
    const found = await filled(['--jsonl', '--batch', '1', '--speculate', 'off'], input);
    expect(await filled(['--jsonl', '--batch', '16', '--speculate', '3'], input)).toBe(found);
    const [first, ...others] = recordsIn<Found>(found);
    for (const other of others) expect(other.text).toBe(first!.text);
  });

  test('what cannot be is refused, with its place', async () => {
    const lines = [
      '{"text":"A [MASK*6-2]."}',
      '{"text":"A [MASK] and [MASK].","gaps":[{},{"mni":2}]}',
      '{"text":"A [MASK].","gaps":[{"min":3}]}',
      '{"text":"A [MASK].","gaps":[{"max":65}]}',
      '{"text":"A [MASK].","gaps":7}',
    ];
    const { status, stdout } = await maria(['infill', '--jsonl'], { input: lines.join('\n') });
    expect(status).toBe(1);
    const messages = recordsIn<{ error: { message: string } }>(stdout).map(({ error }) => error.message);
    expect(messages).toEqual([
      'Cannot read the gap "[MASK*6-2]": it has at least 6 tokens, and at most 2.',
      'Cannot read what gap 2 must be: key "mni": there is no such key.',
      'Cannot read what gap 1 must be: it has at least 3 tokens, and at most 1.',
      'Cannot fill gap 1: 1 to 65 tokens are 65 lengths to try, and at most 64 are tried.',
      'Cannot read "gaps": it is not a list of objects, one for each gap.',
    ]);
    for (const args of [
      ['--max-length', '0'],
      ['--max-length', '65'],
      ['--length-by', 'x'],
      ['--system', 'diffusion'],
      ['--system', 'diffusion', '--length-by', 'after'],
    ]) {
      const refused = await maria(['infill', ...args, 'A [MASK*?].']);
      expect([refused.status, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).not.toBe('');
    }
  });
});
