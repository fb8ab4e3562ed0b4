// Models that are missing, damaged or do not fit each other: exit status 3, and what is wrong with which file.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { maria, outcomeOf, startMaria } from './cli-process.js';

const tiny = dirname(createRequire(import.meta.url).resolve('@maria/tiny/package.json'));
const folder = mkdtempSync(join(tmpdir(), 'maria-models-'));
const text = 'The [MASK] sat.';
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the embedded pair to damage. */
function copyOf(part: 'ar' | 'mlm', name: string): string {
  const path = join(folder, name);
  cpSync(join(tiny, part), path, { recursive: true });
  return path;
}

const pair = (ar: string, mlm: string) => ['infill', '--ar', ar, '--mlm', mlm, text];
const ar = join(tiny, 'ar');
const mlm = join(tiny, 'mlm');

async function failureOf(args: string[]): Promise<string> {
  const { status, stdout, stderr } = await maria(args);
  expect(stderr).toMatch(/^Cannot .*\n(Try: .*\n)?$/);
  expect([status, stdout]).toEqual([3, '']);
  return stderr;
}

test.skipIf(process.platform === 'win32')('a pipe in the place of a file is not waited for', async () => {
  for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) {
    const path = copyOf('ar', `pipe-${name}`);
    rmSync(join(path, name));
    execFileSync('mkfifo', [join(path, name)]);
    const child = startMaria(pair(path, mlm));
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await outcomeOf(child)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining(`Cannot read ${join(path, name)}: it is not a regular file.`),
    });
  }
});

test('the embedded model by its folder is the default', async () => {
  expect(await maria(['infill', '--model', tiny, text])).toEqual(await maria(['infill', text]));
});

describe('missing', () => {
  test('folders and files are named', async () => {
    expect(await failureOf(['infill', '--model', join(folder, 'none'), text])).toContain(
      join(folder, 'none'),
    );
    mkdirSync(join(folder, 'empty'));
    expect(await failureOf(pair(join(folder, 'empty'), mlm))).toContain('config.json');
    const noTokenizer = copyOf('mlm', 'no-tokenizer');
    rmSync(join(noTokenizer, 'tokenizer.json'));
    expect(await failureOf(pair(ar, noTokenizer))).toContain('tokenizer.json');
  });
});

describe('damaged', () => {
  test.each([
    ['config.json', '{"model_type":'],
    ['tokenizer.json', '[]'],
  ])('%s', async (file, content) => {
    const damaged = copyOf('mlm', `damaged-${file}`);
    writeFileSync(join(damaged, file), content);
    expect(await failureOf(pair(ar, damaged))).toContain(damaged);
  });

  test.each([0, 7, 1000, 4_000_000])('weights cut after %d bytes', async (length) => {
    const cut = copyOf('ar', `cut-${length}`);
    truncateSync(join(cut, 'model.safetensors'), length);
    expect(await failureOf(pair(cut, mlm))).toContain('model.safetensors');
  });

  test('weights with a NaN name the tensor', async () => {
    const damaged = copyOf('ar', 'nan');
    const path = join(damaged, 'model.safetensors');
    const bytes = readFileSync(path);
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(
      bytes.toString('utf8', 8, 8 + headerLength),
    );
    const [name, entry] = Object.entries(header).find(([key]) => key.includes('layers.2')) ?? [
      '',
      { data_offsets: [0, 0] },
    ];
    // 0x7e00 is NaN in float16, the type of these weights.
    writeSync(openSync(path, 'r+'), Buffer.of(0x00, 0x7e), 0, 2, 8 + headerLength + entry.data_offsets[0]);
    expect(await failureOf(pair(damaged, mlm))).toContain(name);
  });
});

describe('with more in it than its config says', () => {
  const biases = join(import.meta.dirname, 'bugs/checkpoints/unread-biases');
  const partner = join(import.meta.dirname, 'goldens/models/modernbert');
  const names = [
    'lm_head.bias',
    ...['k', 'q', 'v'].map((part) => `model.layers.0.self_attn.${part}_proj.bias`),
  ];

  test('an inspection lists it', async () => {
    const { stdout } = await maria(['models', 'inspect', biases, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ unread: names, warnings: [expect.stringContaining(biases)] });
    const text = (await maria(['models', 'inspect', biases])).stdout;
    for (const name of names) expect(text).toMatch(new RegExp(`^(unread)? +${name}$`, 'm'));
  });

  test('a run warns once, on standard error', async () => {
    const { status, stderr } = await maria(pair(biases, partner));
    expect(status).toBe(0);
    expect(stderr.match(/^Warning: In .*unread-biases, nothing reads 4 tensors: .*\.$/gm)).toHaveLength(1);
  });
});

describe('that do not fit each other', () => {
  let other: string;
  beforeAll(() => {
    other = join(import.meta.dirname, 'goldens/models/modernbert');
  });

  test('vocabularies are compared token by token', async () => {
    expect(await failureOf(pair(ar, other))).toMatch(/^Cannot .*(vocabular|token)/);
  });

  test('an MLM is no AR model', async () => {
    expect(await failureOf(pair(mlm, mlm))).toMatch(/^Cannot use .* as the AR model/);
  });
});
