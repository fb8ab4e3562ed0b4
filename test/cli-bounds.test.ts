// What files and numbers of strangers may make the command do: none hangs it, ends it, or fills its memory.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { maria, outcomeOf, recordsIn, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-bounds-'));
afterAll(() => rmSync(folder, { recursive: true }));
const models = fileURLToPath(new URL('goldens/models/', import.meta.url));
const ar = join(models, 'olmo');

/** The pair of goldens, with steps of its tokenizer changed. */
function pairWith(name: string, steps: object): string[] {
  const mlm = join(folder, name);
  cpSync(join(models, 'modernbert'), mlm, { recursive: true });
  const file = join(mlm, 'tokenizer.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...steps }));
  return ['--ar', ar, '--mlm', mlm];
}

const nestedRepeats = {
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
};

test('a text that a regular expression does not end on is that text’s matter', async () => {
  const pair = pairWith('repeats', nestedRepeats);
  const input = `b [MASK]\n${'a'.repeat(60)}! [MASK] end\nc [MASK]\n`;
  const { status, stdout, stderr } = await maria(['infill', ...pair], { input });
  expect(status).toBe(1);
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^b [^[]/),
    `${'a'.repeat(60)}! [MASK] end`,
    expect.stringMatching(/^c [^[]/),
  ]);
  expect(stderr).toMatch(
    /^Cannot read the text of 6\d characters: the model's tokenizer [^\n]*line 2 of standard input/,
  );
});

test('Ctrl-C is heard while a tokenizer goes on and on', async () => {
  const args = pairWith('long', nestedRepeats);
  // Each run of letters takes long, and none so long that the library gives up.
  const hangs = `${'a'.repeat(21)}! `.repeat(1400);
  const child = startMaria(['infill', ...args]);
  child.stdin?.write(`b [MASK]\n${hangs} [MASK]\n`);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  const { status, stderr } = await outcomeOf(child);
  expect([status, stderr]).toEqual([130, 'Interrupted.\n']);
});

test('a tokenizer that makes texts ever longer is refused when it is opened', async () => {
  const double = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
  const pair = pairWith('bomb', { normalizer: { type: 'Sequence', normalizers: Array(30).fill(double) } });
  const { status, stderr } = await maria(['infill', ...pair, 'aaaa [MASK]']);
  expect(status).toBe(3);
  expect(stderr).toMatch(/^Cannot .*its normalizer may make a text 1e\+9 times as long/);
});

test('keys that nobody reads may not be nested without an end', async () => {
  const pair = pairWith('deep', {});
  const file = join(folder, 'deep', 'tokenizer.json');
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace('{', `{"unknown":${deep},`));
  const { status, stderr } = await maria(['infill', ...pair, 'a [MASK]']);
  expect(status).toBe(3);
  expect(stderr).toMatch(/nested deeper than 100 levels/);
});

test('a record that is nested without an end is that record’s matter', async () => {
  const record = (id: string) => `{"id":${id},"text":"a [MASK]"}\n`;
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const { status, stdout } = await maria(['infill', '--jsonl'], {
    input: record('1') + record(deep) + record('3'),
  });
  expect(status).toBe(1);
  expect(recordsIn(stdout)).toMatchObject([{ id: 1 }, { error: { code: 'invalid-json' } }, { id: 3 }]);
});

test('a text that cannot fit is refused before it is split', async () => {
  const text = `The [MASK] ${'jumps over the lazy dog '.repeat(100_000)}`;
  const { status, stderr } = await maria(['infill', '--whole'], { input: text });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^Cannot fill the text: it is at least \d+ tokens long and the MLM reads at most 1024\b/,
  );
});

test.each([
  ['anneal', '--length', '6', '--span-length', '1e17'],
  ['anneal', '--length', '99999999999999999'],
  ['anneal', '--length', '6', '--budget', '99999999999999h'],
  ['infill', '--samples', '99999999999999999', 'a [MASK]'],
  ['infill', '--temperature', '1e300', 'a [MASK]'],
  ['train', '--data', 'x', '--out', join(folder, 'run'), '--warmup', '99999999999999999'],
  ['bench', 'train', '--repetitions', '99999999999999999'],
])('%s %s %s %s %s: a number that makes no sense is a slip of the command line', async (...args) => {
  const { status, stderr } = await maria(args);
  expect(status).toBe(2);
  expect(stderr).not.toMatch(/bug in maria/);
});

test.runIf(process.platform === 'linux')('a run below a folder that can hold none ends at once', async () => {
  const { status, stderr } = await maria([
    'train',
    '--data',
    ar,
    '--out',
    '/proc/nowhere/run',
    '--steps',
    '1',
  ]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Cannot train in \/proc\/nowhere\/run: /);
});

test('the longest spans that may be asked for end', async () => {
  const spans = ['--selection', 'spans', '--span-length', String(2 ** 20)];
  expect((await maria(['anneal', '--length', '6', '--sweeps', '2', ...spans])).status).toBe(0);
});

test('more alternatives than can be held are refused', async () => {
  const all = ['--alternatives', '50000', '--json'];
  const { status, stdout } = await maria(['infill', ...all, 'a [MASK]']);
  expect(status).toBe(0);
  const [record] = recordsIn<{ gaps: { alternatives: { probability: number }[][] }[] }>(stdout);
  const probabilities = record!.gaps[0]!.alternatives[0]!.map(({ probability }) => probability);
  expect(probabilities.length).toBeGreaterThan(2000);
  expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  const many = await maria(['infill', ...all, 'a [MASK*900]']);
  expect(many.status).toBe(2);
  expect(many.stderr).toMatch(/is the most for one text/);
});
