// The command line before any model is loaded: help, version, and what makes no sense.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { maria, mariaBin, recordsIn, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tells at its end, on standard error, which native libraries of packages a process has loaded. */
const tellNativeModules = `data:text/javascript,${encodeURIComponent(`
  process.on('exit', () => {
    const objects = process.report.getReport().sharedObjects;
    process.stderr.write('native:' + JSON.stringify(objects.filter((path) => path.includes('node_modules'))));
  });
`)}`;

test
  .skipIf(process.platform === 'win32')
  .each([
    [['infill', 'A [MASK].']],
    [['infill', '--backend', 'ort-node', 'A [MASK].']],
    [['infill', '--quantize', 'int8', 'A [MASK].']],
  ])('64 open files are enough for %j', async (args) => {
  const script = 'ulimit -n 64; exec "$0" "$@"';
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, mariaBin, ...args], {
    env: { ...process.env, MARIA_CACHE: join(folder, 'cache') },
  });
  expect(stdout).toMatch(/^A .+\.\n$/);
});

describe('help', () => {
  test('names the commands and the exit statuses, and loads nothing native', async () => {
    const { status, stdout, stderr } = await maria(['--help'], { nodeArgs: ['--import', tellNativeModules] });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^COMMANDS\n(?: {2}\w+ .*\n)* {2}infill .*\n(?: {2}\w+ .*\n)* {2}score /m);
    expect(stdout).toContain('EXIT STATUS');
    expect(stderr).toBe('native:[]');
  });

  test.each(['anneal', 'infill', 'score'])(
    'of %s tells its flags and loads nothing native',
    async (command) => {
      const { status, stdout, stderr } = await maria([command, '--help'], {
        nodeArgs: ['--import', tellNativeModules],
      });
      expect(status).toBe(0);
      expect(stdout).toContain(`$ maria ${command} [`);
      expect(stdout).toContain('--mlm=MODEL');
      expect(stderr).toBe('native:[]');
      expect((await maria([command, 'text', '-h'])).stdout).toBe(stdout);
    },
  );

  test('is what docs/cli.md says', async () => {
    const { status, stderr } = await run(join(import.meta.dirname, '../tools/docs/write.mjs'), ['--check']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('without a command is help too, and the version is one line', async () => {
    expect((await maria([])).stdout).toContain('USAGE\n  maria COMMAND');
    expect((await maria(['--version'])).stdout).toMatch(/^maria \d+\.\d+\.\d+ \([\w-]+, node v[\d.]+\)\n$/);
  });
});

async function run(script: string, args: string[]): Promise<{ status: number; stderr: string }> {
  return promisify(execFile)(process.execPath, [script, ...args]).then(
    ({ stderr }) => ({ status: 0, stderr }),
    (error: { code: number; stderr: string }) => ({ status: error.code, stderr: error.stderr }),
  );
}

describe('what makes no sense is two lines on standard error and exit status 2', () => {
  test.each([
    [['fill'], 'Cannot run "maria fill": there is no such command.', 'maria --help'],
    [['--json', 'x'], 'Cannot run "maria --json": there is no such command.', 'maria --help'],
    [['infill', '--nope', 'x'], 'Cannot run maria infill: there is no flag --nope.', 'maria infill --help'],
    [
      ['infill', '--json', '--nope'],
      'Cannot run maria infill: there is no flag --nope.',
      'maria infill --help',
    ],
    [
      ['infill', '- item [MASK]'],
      'Cannot run maria infill: there is no flag - item [MASK].',
      'maria infill -- "- item [MASK]" (texts that start with "-" go after "--")',
    ],
    [
      ['infill', '--samples', 'x', 'y'],
      'Cannot run maria infill: --samples: expected an integer but received: x.',
      'maria infill --help',
    ],
    [
      ['infill', '--temperature', '-1', 'y'],
      'Cannot run maria infill: --temperature: expected a number at least 0 but received: -1.',
      'maria infill --help',
    ],
    [
      ['infill', '--top-p', 'NaN', 'y'],
      'Cannot run maria infill: --top-p: expected a number above 0 and at most 1 but received: NaN.',
      'maria infill --help',
    ],
    [
      ['infill', '--json', '--events', 'y'],
      'Cannot run maria infill: --json cannot also be provided when using --events.',
      'maria infill --help',
    ],
    [
      ['infill', '--ar', 'folder', 'y'],
      'Cannot run maria infill: all of the following must be provided when using --ar: --mlm.',
      'maria infill --help',
    ],
    [
      ['infill', '--jsonl', '{"text":"[MASK]"}'],
      'Cannot infill: --jsonl reads standard input, and a text was given as an argument.',
      'maria infill --jsonl < records.jsonl',
    ],
    [
      ['infill', '--require-input'],
      'Cannot infill: standard input is empty.',
      'echo "The [MASK] sat on the mat." | maria infill',
    ],
    [
      ['infill', '--jsonl', '--require-input'],
      'Cannot infill: standard input is empty.',
      'echo "The [MASK] sat on the mat." | maria infill',
    ],
    [
      ['score', '--require-input'],
      'Cannot score: the input is empty.',
      'maria score --mask-rate 0.5 "The cat sat on the mat."',
    ],
  ])('maria %j', async (args, message, hint) => {
    expect(await maria(args)).toEqual({ status: 2, stdout: '', stderr: `${message}\nTry: ${hint}\n` });
  });
});

test.each([
  [['infill']],
  [['infill', '--json']],
  [['infill', '--jsonl']],
  [['infill', '--whole']],
  [['score']],
  [['score', '--mask-rate', '1', '-']],
])('an empty input writes nothing: maria %j', async (args) => {
  expect(await maria(args)).toEqual({ status: 0, stdout: '', stderr: '' });
});

describe('what cannot be read or written', () => {
  test('a line that is not UTF-8 is told with its number and offset, and handed on to the byte', async () => {
    const child = startMaria(['infill']);
    const written: Buffer[] = [];
    child.stdout!.on('data', (bytes) => written.push(bytes));
    let stderr = '';
    child.stderr!.on('data', (text) => (stderr += text));
    child.stdin!.end(Buffer.from('caf\u00e9 [MASK]\r\n\nplain\n', 'latin1'));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(Buffer.concat(written).toString('latin1')).toBe('caf\u00e9 [MASK]\r\n\nplain\n');
    expect(stderr).toMatch(
      /^Cannot read line 1 of standard input: it is not UTF-8 \(byte 0xe9 at byte offset 3\)\.\nTry: .*\n2 lines have no gap: .*\n$/,
    );
  });

  test('lines that cannot be scored are error records among the others', async () => {
    const input = Buffer.from('A cat.\n\n\u00ff\nA cat.\n', 'latin1');
    const { status, stdout, stderr } = await maria(['score', '--mask-rate', '1', '-'], { input });
    expect(status).toBe(1);
    expect(recordsIn(stdout)).toMatchObject([
      { perplexity: expect.any(Number) },
      { error: { message: expect.stringMatching(/^Cannot /) } },
      { error: { code: 'invalid-utf8' } },
      { perplexity: expect.any(Number) },
    ]);
    expect(stderr).toMatch(
      /^Scored 2 texts, \d+ tokens: log-likelihood -[\d.]+, perplexity [\d.]+\. 2 failed\.\n$/,
    );
  });

  test('a line without end is given up at its limit', async () => {
    const input = Buffer.alloc(17 * 1024 * 1024, 'a');
    const { status, stdout, stderr } = await maria(['infill'], { input });
    expect([status, stdout]).toEqual([1, '\n']);
    expect(stderr).toMatch(/^Cannot read line 1 of standard input: it is longer than 16 MiB\.\nTry: .*\n$/);
  });

  test('a folder as the output fails at once', async () => {
    const { status, stdout, stderr } = await maria(['infill', '-o', folder, 'a [MASK]']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Cannot write .*: it is a directory\.\nTry: .*\n$/);
  });

  test('a missing file of records is an error of data', async () => {
    for (const input of [join(folder, 'none.jsonl'), 'The dog sat.', 'The dog sat. '.repeat(100)]) {
      const { status, stderr } = await maria(['score', input]);
      expect(status).toBe(3);
      expect(stderr).toMatch(
        /^Cannot read .*: there is no such file\.\nTry: If it is a text itself, maria score --mask-rate 0\.5 TEXT\n$/,
      );
    }
  });
});

test('the stack of an error is shown on request only', async () => {
  expect((await maria(['infill', '--nope'])).stderr).not.toContain('    at ');
  expect((await maria(['infill', '--nope', '--debug'])).stderr).toContain('    at ');
  expect((await maria(['infill', '--nope'], { env: { MARIA_DEBUG: '1' } })).stderr).toContain('    at ');
});

test('a reader of help that goes away is no failure', async () => {
  const { stdout, stderr } = await promisify(execFile)('sh', [
    '-c',
    `{ "$0" "$1" infill --help; echo "status $?" >&2; } | head -n 1`,
    process.execPath,
    mariaBin,
  ]);
  expect(stdout).toBe('Fill the gaps of texts.\n');
  expect(stderr).toBe('status 0\n');
});
