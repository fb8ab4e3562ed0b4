// maria bench as a process: records, tables, charts, and what makes no sense.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { maria, outcomeOf, recordsIn, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-bench-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const quick = ['--repetitions', '1', '--warm-up', '0'];

describe('bench kernels', () => {
  const softmax = ['bench', 'kernels', '--kernels', 'softmax', '--shapes', 'tiny', ...quick];

  test('writes a record for each kernel and shape', async () => {
    const { status, stdout, stderr } = await maria([...softmax, '--json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const records = recordsIn(stdout);
    expect(records.map(({ label }) => label)).toEqual(['1 × 4096', '16 × 4096', '64 × 4096']);
    for (const record of records)
      expect(record).toMatchObject({
        kernel: 'softmax',
        model: 'tiny',
        backend: 'ort',
        check: { correct: true },
        ms: { min: expect.any(Number), median: expect.any(Number) },
        gigabytesPerSecond: expect.any(Number),
        gigaflopsPerSecond: expect.any(Number),
        machine: { cpus: expect.any(Number), load: expect.any(Number) },
      });
  });

  test('writes a table, and tells the machine on standard error', async () => {
    const { status, stdout, stderr } = await maria([...softmax, '--backend', 'reference']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^kernel +model +shape +error +ms min +median +GB\/s +GFLOP\/s\n/);
    expect(
      stdout.match(/^softmax +tiny +\d+ × 4096 +0\.0e\+0 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$/gm),
    ).toHaveLength(3);
    expect(stderr).toMatch(/^.+ CPUs?, \d+ GiB, load .+, Node v.+; backend reference\n$/);
  });
});

describe('bench throughput', () => {
  const throughput = ['bench', 'throughput', ...quick];

  test('writes a record for each system and length, and draws them', async () => {
    const svg = join(folder, 'throughput.svg');
    const { status, stdout, stderr } = await maria([
      ...throughput,
      '--lengths',
      '10,18',
      '--json',
      '--svg',
      svg,
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const records = recordsIn(stdout);
    expect(records).toHaveLength(6);
    expect(records[0]).toMatchObject({
      system: 'maria',
      length: 10,
      gaps: 4,
      filled: 4,
      passes: { mlm: 1, ar: 4 },
      pair: 'the embedded pair',
    });
    expect(records.map(({ gapsPerSecond }) => gapsPerSecond)).not.toContain(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [\s\S]*>mlm-autoregressive<\/text>[\s\S]*<\/svg>\n$/);
  });

  test('runs on quantised weights', async () => {
    const env = { MARIA_CACHE: join(folder, 'cache') };
    const flags = ['--lengths', '10', '--systems', 'maria', '--quantize', 'int4', '--json'];
    const { status, stdout } = await maria([...throughput, ...flags], { env });
    expect(status).toBe(0);
    expect(recordsIn(stdout)).toMatchObject([{ quantize: 'int4', passes: { mlm: 1, ar: 4 } }]);
  });

  test('compares quantisations, each named once', async () => {
    const env = { MARIA_CACHE: join(folder, 'cache') };
    const flags = ['--lengths', '10', '--systems', 'maria,ar', '--quantize', 'none,int4,none'];
    const { status, stdout, stderr } = await maria([...throughput, ...flags], { env });
    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => line.trim().split(/ +/).slice(1, 3))).toEqual([
      ['system', 'quantize'],
      ['maria', 'none'],
      ['maria', 'int4'],
      ['ar', 'none'],
      ['ar', 'int4'],
      [],
    ]);
    expect(stderr).toMatch(
      /\nint4 fills \d+\.\d\d times as many gaps a second as none at length 10 \(maria\), \d+\.\d\d times \(ar\)\n/,
    );
    expect(stderr).toMatch(/\nload: .+ ms \(none\), .+ ms \(int4\), peak memory: .* KV cache: 24 MiB\n$/);
  });

  test('a chart that cannot be written is refused before anything is measured', async () => {
    const svg = join(folder, 'none', 'chart.svg');
    expect(await maria([...throughput, '--svg', svg])).toEqual({
      status: 1,
      stdout: '',
      stderr: `Cannot write ${svg}: its folder does not exist.\nTry: Write somewhere else: --svg FILE.\n`,
    });
  });

  test('writes a table', async () => {
    const { status, stdout, stderr } = await maria([
      ...throughput,
      '--lengths',
      '10',
      '--systems',
      'maria,ar',
    ]);
    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => line.trim().split(/ +/)[1])).toEqual([
      'system',
      'maria',
      'ar',
      undefined,
    ]);
    expect(stderr).toMatch(/^memory, estimated before loading \(none\): \d+ MiB\n/);
    expect(stderr).toMatch(/\nload: .+ ms, peak memory: \d+ MiB, allocated for KV cache: 12 MiB\n$/);
  });

  test('compares batches and drafts on the lines of a file', async () => {
    const data = join(folder, 'lines.txt');
    writeFileSync(data, 'The cat sat on the mat.\n\nOne day, a little girl went to the park.\n');
    const svg = join(folder, 'window.svg');
    const { status, stdout, stderr } = await maria([
      ...throughput,
      ...[
        '--systems',
        'maria',
        '--data',
        data,
        '--batch',
        '1,2',
        '--speculate',
        'off,2',
        '--acceptance',
        '1',
      ],
      ...['--json', '--svg', svg],
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const records = recordsIn<{
      batch: number;
      speculate: string;
      drafted: number;
      accepted: number;
      memory: { peakRss: number; estimated: number };
    }>(stdout);
    expect(records.map(({ batch, speculate }) => [batch, speculate])).toEqual([
      [1, 'off'],
      [1, 2],
      [2, 'off'],
      [2, 2],
    ]);
    for (const record of records) {
      expect(record).toMatchObject({ texts: 2, data, quantize: 'none' });
      expect(record.accepted).toBeGreaterThanOrEqual(0.8 * record.drafted);
      expect(record.drafted > 0).toBe(record.speculate !== 'off');
      // Texts this short do not fill what is estimated for long ones; what is told is not exceeded.
      expect(record.memory.peakRss / record.memory.estimated).toBeLessThan(1.15);
      expect(record.memory.peakRss / record.memory.estimated).toBeGreaterThan(0.4);
    }
    expect(readFileSync(svg, 'utf8')).toContain('drafts ahead');
  });

  test.each([
    [['--lengths', '5000'], 'Cannot fill the text: it is 5000 tokens long'],
    [['--lengths', 'many'], '--lengths'],
    [['--shape', 'olmo-1b'], 'Cannot make a pair of the shape "olmo-1b"'],
    [['--shape', 'olmo-1b+modernbert-large', '--model', folder], '--shape'],
    [['--systems', 'gpt'], '--systems'],
    [['--mask-rate', '0'], '--mask-rate'],
    [['--batch', '0'], '--batch'],
    [['--speculate', 'on'], '--speculate'],
    [['--acceptance', '2'], '--acceptance'],
    [['--data', 'lines.txt', '--lengths', '10'], '--data'],
    [['--quantize', 'none,int2'], '--quantize'],
  ])('%j makes no sense', async (flags, message) => {
    const { status, stdout, stderr } = await maria([...throughput, ...flags]);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^Try: /m);
    expect(status).toBe(2);
  });

  test('data without a text are refused before a model is loaded', async () => {
    const blank = join(folder, 'blank.txt');
    writeFileSync(blank, '\n \n');
    expect(await maria([...throughput, '--data', blank])).toEqual({
      status: 3,
      stdout: '',
      stderr: `Cannot measure on ${blank}: there is no text in it.\nTry: Give a file with a text on each line.\n`,
    });
  });

  test('stops at Ctrl-C', async () => {
    const child = startMaria(['bench', 'throughput', '--repetitions', '100000', '--lengths', '256']);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { status, stderr } = await outcomeOf(child);
    expect(status).toBe(130);
    expect(stderr).toMatch(/Interrupted\.\n$/);
  });
});
