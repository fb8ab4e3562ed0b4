// One input over several processes, runs that go on where another was killed, and compressed input.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import { maria, outcomeOf, recordsIn, signalAtLines, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-scale-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Equal records are filled with random numbers of their own.
const lines = Array.from(
  { length: 25 },
  (_, i) => `The ${['dog', 'cat'][i % 2]} [MASK] in the [MASK] all day.`,
);
const text = `${lines.join('\n')}\n`;
const records = lines
  .map((line, id) => `${JSON.stringify(id === 7 ? { id } : { id, text: line })}\n`)
  .join('');

/** The lines of the shards in turns, as `--shard` dealt them. */
function joined(parts: readonly string[]): string {
  const dealt = parts.map((part) => part.split('\n').slice(0, -1));
  return lines.map((_, i) => `${dealt[i % parts.length]![Math.floor(i / parts.length)]}\n`).join('');
}

test('shards give what one process gives', async () => {
  const runs: [string[], string, number][] = [
    [['infill', '--seed', '7', '--jsonl'], records, 1],
    [['score', '--seed', '7', '--jsonl', '--mask-rate', '0.3'], records.replaceAll('[MASK]', 'sat'), 1],
  ];
  for (const [args, input, failed] of runs) {
    const whole = await maria(args, { input });
    expect(whole.status).toBe(failed);
    const count = args[0] === 'score' ? 2 : 3;
    const parts: string[] = [];
    for (let i = 1; i <= count; i++)
      parts.push((await maria([...args, '--shard', `${i}/${count}`], { input })).stdout);
    expect(joined(parts)).toBe(whole.stdout);
  }
});

test('a killed run goes on to the same bytes, also in shards', async () => {
  for (const [args, input] of [
    [['infill', '--seed', '7', '--jsonl', '--shard', '2/2'], records],
    [['infill', '--seed', '7', '-n', '2'], text],
  ] as const) {
    const { stdout: whole } = await maria(args, { input });
    const file = join(folder, 'out');
    rmSync(file, { force: true });
    const given = [...args, '-o', file, '--resume', '--batch', '1'];
    const killed = await maria(given, { input, nodeArgs: signalAtLines('SIGKILL', file, 3) });
    expect(killed.status).toBe(null);
    expect(whole.startsWith(readFileSync(file, 'utf8'))).toBe(true);
    // In the middle of a line too.
    writeFileSync(file, readFileSync(file).subarray(0, -5));
    await maria(given, { input });
    expect(readFileSync(file, 'utf8')).toBe(whole);
  }
});

test('what failed before the kill counts in the exit status, unless nothing is to', async () => {
  const file = join(folder, 'failed.jsonl');
  const error = '{"id":0,"error":{"code":"a","message":"b"}}\n';
  const input = `${JSON.stringify({ text: 1 })}\n${JSON.stringify({ text: 'A [MASK].' })}\n`;
  writeFileSync(file, error);
  const args = ['infill', '--jsonl', '-o', file, '--resume'];
  expect((await maria(args, { input })).status).toBe(1);
  expect((await maria([...args, '--fail-on', 'never'], { input })).status).toBe(0);
  expect(readFileSync(file, 'utf8').startsWith(error)).toBe(true);
  expect(recordsIn(readFileSync(file, 'utf8'))).toHaveLength(2);
  expect((await maria(['infill', '--jsonl', '--fail-on', 'never'], { input })).status).toBe(0);
});

test('an output of another input, and what cannot be counted, is refused and kept', async () => {
  const file = join(folder, 'other.txt');
  writeFileSync(file, 'a\nb\nc');
  for (const [args, input, status, message] of [
    [[], 'A [MASK].\n', 2, 'the output holds 2 texts, and the input has 1.'],
    [['--shard', '2/2'], 'A [MASK].\nB [MASK].\n', 2, 'the input has 1 for shard 2/2.'],
    [['-t', '1'], text, 2, 'sampling draws a seed for each run'],
    [['--shard', '3/2'], text, 2, 'with I from 1 to N'],
  ] as const) {
    const outcome = await maria(['infill', '-o', file, '--resume', ...args], { input });
    expect(outcome.stderr).toContain(message);
    expect(outcome.status).toBe(status);
  }
  expect(readFileSync(file, 'utf8')).toBe('a\nb\nc');
  const { status, stderr } = await maria(['infill', '--resume'], { input: text });
  expect([status, stderr]).toEqual([2, expect.stringContaining('--resume needs --output')]);
});

test('rows of Parquet are filled and scored as lines are, in shards too', async () => {
  const asked = lines.map((line, i) => ({ id: BigInt(i), text: i === 7 ? null : line, note: [null, i] }));
  const file = join(folder, 'in.parquet');
  parquetWriteFile({
    filename: file,
    columnData: (['id', 'text', 'note'] as const).map((name) => ({
      name,
      data: asked.map((row) => row[name]),
    })),
    rowGroupSize: 10,
  });
  const output = join(folder, 'out.parquet');
  const filling = startMaria(['infill', '--seed', '7', '--shard', '2/3', '-o', output], { stdin: file });
  expect((await outcomeOf(filling)).status).toBe(1);
  const { stdout } = await maria(['infill', '--seed', '7', '--shard', '2/3', '--jsonl'], { input: records });
  const written = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
  expect(written.map(({ id, text, ids }) => ({ id: Number(id), ...(text && { text, ids }) }))).toEqual(
    recordsIn(stdout).map(({ id, text, ids }) => ({ id, ...(text !== undefined && { text, ids }) })),
  );
  expect(written[0]!.note).toEqual([null, 1]);
  const scored = recordsIn((await maria(['score', output, '--fail-on', 'never'])).stdout);
  expect(scored).toMatchObject(
    written.map(({ logLikelihood }) => (logLikelihood === undefined ? { error: {} } : {})),
  );
  expect(scored[0]).toMatchObject({ id: 1, note: [null, 1], masked: written[0]!.masked });
  const piped = await maria(['infill'], { input: readFileSync(file) });
  expect([piped.status, piped.stderr]).toEqual([
    3,
    expect.stringContaining('whose end has to be read first'),
  ]);
});

test('gzip and zstd are read as they are', async () => {
  const plain = await maria(['infill', '--shard', '1/9'], { input: text });
  expect((await maria(['infill', '--shard', '1/9'], { input: gzipSync(text) })).stdout).toBe(plain.stdout);
  const frame = Buffer.from('KLUv/SQYwQAAT25lLgo8fGVuZG9mdGV4dHw+ClR3by4KcVvhcw==', 'base64');
  expect((await maria(['infill'], { input: frame })).stdout).toBe('One.\n<|endoftext|>\nTwo.\n');
  const file = join(folder, 'records.jsonl.gz');
  writeFileSync(file, gzipSync('{"text":"A cat sat.","spans":[[2,5]]}\n'));
  expect(recordsIn((await maria(['score', file])).stdout)).toMatchObject([{ masked: [1] }]);
  const cut = await maria(['infill'], { input: gzipSync(text).subarray(0, 60) });
  expect(cut.status).toBe(3);
  expect(cut.stderr).toContain(
    'Cannot read standard input: its gzip data are unfit (unexpected end of file).',
  );
});
