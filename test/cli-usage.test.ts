// The command line before any model is loaded: help, version, and what makes no sense.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { maria, mariaBin, outcomeOf, recordsIn, startMaria } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tells at its end, on standard error, which native libraries of packages a process has loaded. */
const tellNativeModules = `data:text/javascript,${encodeURIComponent(`
  process.on('exit', () => {
    const objects = process.report.getReport().sharedObjects;
    process.stderr.write('native:' + JSON.stringify(objects.filter((path) => path.includes('node_modules'))));
  });
`)}`;

/** The files of the bundle that are run, from what V8 tells of coverage, and how large they are together. */
async function loadedBy(...args: string[]): Promise<{ files: string[]; bytes: number }> {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  await maria(args, { env: { NODE_V8_COVERAGE: coverage } });
  const [report] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(join(coverage, report!), 'utf8')) as {
    result: { url: string }[];
  };
  const urls = result.map(({ url }) => url).filter((url) => url.includes('/packages/cli/bundle/'));
  return {
    files: urls.map((url) => url.split('/packages/cli/bundle/')[1]!),
    bytes: urls.reduce((sum, url) => sum + statSync(new URL(url)).size, 0),
  };
}

test
  .skipIf(process.platform === 'win32')
  .each([
    [['infill', 'A [MASK].']],
    [['infill', '--backend', 'ort-node', 'A [MASK].']],
    [['infill', '--quantize', 'int8', 'A [MASK].']],
    [['score', '--mask-rate', '0.5', 'A cat sat on the mat.']],
    [['anneal', '--length', '8', '--sweeps', '1']],
    [
      [
        'train',
        '--data',
        import.meta.filename,
        '--out',
        join(folder, 'head'),
        '--steps',
        '1',
        '--window',
        '16',
        '--json',
      ],
    ],
    [
      [
        'bench',
        'kernels',
        '--kernels',
        'softmax',
        '--shapes',
        'tiny',
        '--repetitions',
        '1',
        '--warm-up',
        '0',
      ],
    ],
  ])('64 open files are enough for %j', async (args) => {
  const script = 'ulimit -n 64; exec "$0" "$@"';
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, mariaBin, ...args], {
    env: { ...process.env, MARIA_CACHE: join(folder, 'cache') },
  });
  expect(stdout).not.toBe('');
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
    const { stdout } = await maria(['--version']);
    expect(stdout).toMatch(/^maria \d+\.\d+\.\d+ \([\w-]+, node v[\d.]+\)\n$/);
    expect((await maria(['-v'])).stdout).toBe(stdout);
    const verbose = await maria(['--version', '--verbose'], { nodeArgs: ['--import', tellNativeModules] });
    expect(verbose.stdout).toMatch(/\nonnxruntime-node \d+\.\d+\.\d+\n/);
    expect([verbose.stdout.split('\n', 1)[0], verbose.stderr]).toEqual([stdout.trimEnd(), 'native:[]']);
  });

  test('is what "help" tells too', async () => {
    expect((await maria(['help'])).stdout).toBe((await maria(['--help'])).stdout);
    expect((await maria(['help', 'models', 'pull'])).stdout).toBe(
      (await maria(['models', 'pull', '--help'])).stdout,
    );
  });

  test('loads neither the engine nor a command, and the version not even oclif', async () => {
    // oclif alone has 240 kB, the engine and the commands some MB. How files are cut is the bundler's.
    const version = await loadedBy('--version');
    expect(version.files).toContain('main.js');
    expect(version.bytes).toBeLessThan(25_000);
    const help = await loadedBy('infill', '--help');
    expect(help.files).toContain('help.js');
    expect(help.bytes).toBeLessThan(350_000);
    expect(help.files.filter((file) => file.startsWith('commands/'))).toEqual([]);
  });

  test('keeps the columns of flags, and tells defaults that are 0', async () => {
    const { stdout } = await maria(['anneal', '--help'], { env: { OCLIF_COLUMNS: '100' } });
    const group = /^ANNEALING FLAGS\n((?: {2}.*\n)+)/m.exec(stdout)![1]!;
    expect(group).toMatch(/^ {6}--sweeps=N /);
    expect(group).toMatch(/^ {6}--seed=N +\[default: 0\] /m);
    expect(new Set(Array.from(group.matchAll(/^.{2,4} +(?=--)/gm), ([before]) => before.length))).toEqual(
      new Set([6]),
    );
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
    [['xyz'], 'Cannot run "maria xyz": there is no such command.', 'maria --help'],
    [
      ['infil', 'A [MASK].'],
      'Cannot run "maria infil": there is no such command.',
      'maria infill --help (did you mean infill?)',
    ],
    [
      ['help', 'models', 'pul'],
      'Cannot run "maria models pul": there is no such command.',
      'maria models pull --help (did you mean models pull?)',
    ],
    [
      ['infill', '--sampels', '3', 'x'],
      'Cannot run maria infill: there is no flag --sampels.',
      'maria infill --help (did you mean --samples?)',
    ],
    [['train'], 'Cannot run maria train: --out is missing.', 'maria train --help'],
    [
      ['models', 'info'],
      'Cannot run maria models info: its argument model is missing.',
      'maria models info --help',
    ],
    [
      ['models', 'check'],
      'Cannot run maria models check: --quantize is missing; --text is missing.',
      'maria models check --help',
    ],
    [
      ['eval', 'perplexity', '--data', 'x', '--out', 'z', '--shard', '1/2', '--join', 'y'],
      'Cannot run maria eval perplexity: --shard and --join exclude each other.',
      'maria eval perplexity --help',
    ],
    [['doctor', 'x'], 'Cannot run maria doctor: it takes no argument.', 'maria doctor --help'],
    [['infill', 'y', '--seed'], 'Cannot run maria infill: --seed has no value.', 'maria infill --help'],
    [
      ['infill', '--seed', '1', '--seed', '2', 'y'],
      'Cannot run maria infill: --seed was given twice.',
      'maria infill --help',
    ],
    [
      ['infill', '--backend', 'gpu', 'y'],
      'Cannot run maria infill: --backend is "gpu", and must be one of auto, ort, ort-node, tfjs, reference.',
      'maria infill --help',
    ],
    [
      ['infill', '--samples', '0', 'y'],
      'Cannot run maria infill: --samples: it must be a whole number of at least 1, and is 0.',
      'maria infill --help',
    ],
    [
      ['infill', '--seed', '4294967296', 'y'],
      'Cannot run maria infill: --seed: it must be a whole number of at most 4294967295, and is 4294967296.',
      'maria infill --help',
    ],
    [['LICENSE'], 'Cannot run "maria LICENSE": there is no such command.', 'maria infill < LICENSE'],
    [['--verison'], 'Cannot run "maria --verison": there is no such command.', 'maria --version'],
    [
      ['eval', 'perplexty'],
      'Cannot run "maria eval perplexty": there is no such command.',
      'maria eval perplexity --help (did you mean eval perplexity?)',
    ],
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
      'Cannot run maria infill: --samples: it must be a whole number, and is x.',
      'maria infill --help',
    ],
    [
      ['infill', '--temperature', '-1', 'y'],
      'Cannot run maria infill: --temperature: it must be a number of at least 0 and of at most 100, and is -1.',
      'maria infill --help',
    ],
    [
      ['infill', '--top-p', 'NaN', 'y'],
      'Cannot run maria infill: --top-p: it must be a number above 0 and of at most 1, and is NaN.',
      'maria infill --help',
    ],
    [
      ['infill', '--json', '--events', 'y'],
      'Cannot run maria infill: --json and --events exclude each other.',
      'maria infill --help',
    ],
    [['infill', '--ar', 'folder', 'y'], 'Cannot run maria infill: --ar needs --mlm.', 'maria infill --help'],
    [
      ['infill', '--model', 'folder', '--mlm', 'folder', 'y'],
      'Cannot run maria infill: --mlm and --model exclude each other; --mlm needs --ar.',
      'maria infill --help',
    ],
    [
      ['infill', '--window', 'auto', '--system', 'diffusion', 'A [MASK].'],
      'Cannot fill the text in windows: a denoiser reads it as a whole.',
      'Leave out --window, or give another --system.',
    ],
    [
      ['infill', '--jsonl', '{"text":"[MASK]"}'],
      'Cannot infill: --jsonl reads standard input, and a text was given as an argument.',
      'maria infill --jsonl < FILE',
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

  test('a folder as standard input is not taken for an empty one', async () => {
    const { status, stdout, stderr } = await outcomeOf(startMaria(['infill'], { stdin: folder }));
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toBe('Cannot read standard input: it is a folder.\nTry: Name a file in it.\n');
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

test.each([
  ['infill', ['infill']],
  ['tui', ['tui']],
  ['anneal -', ['anneal']],
  ['score --mask-rate 0.5 -', ['score', '--mask-rate', '0.5']],
])('the name of a file where a text is meant gives a hint of maria %s', async (command, args) => {
  const { stderr } = await maria([...args, 'notes.txt'], { cwd: withNotes() });
  expect(stderr).toContain(
    `"notes.txt" is taken as a text. To read the file of that name: maria ${command} < notes.txt\n`,
  );
});

function withNotes(): string {
  writeFileSync(join(folder, 'notes.txt'), 'A [MASK].\n');
  return folder;
}

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
