// Model files, names and texts that hold control sequences: none of them reaches the terminal.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { maria } from './cli-process.js';
import { goldenFolder } from './golden-files.js';

/** Sets a title, colours, clears the screen (in 7 and in 8 bits), and breaks the line in three ways. */
const hostile = 'x\u001b]0;PWN\u0007\u001b[31m\u001b[2J\u009b2J\r\n\u2028';
const control = /(?!\n)[\p{Cc}\u2028\u2029]/u;

const folder = mkdtempSync(join(tmpdir(), 'maria-escapes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const models = join(goldenFolder, 'models');

/** A copy of a model with changed files. */
function model(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  cpSync(join(models, 'olmo'), path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const config = JSON.parse(readFileSync(join(models, 'olmo/config.json'), 'utf8'));
const changed = (values: object) => ({ 'config.json': JSON.stringify({ ...config, ...values }) });

describe('on standard error', () => {
  const filling: [string, () => string[]][] = [
    ['a model_type', () => ['--ar', model('type', changed({ model_type: hostile }))]],
    [
      'a config.json that is no JSON',
      () => ['--ar', model('no-json', { 'config.json': `{"a": ${hostile}}` })],
    ],
    ['a key of config.json', () => ['--ar', model('key', changed({ hidden_act: hostile }))]],
    [
      'the index of shards',
      () => {
        const path = model('index', {
          'model.safetensors.index.json': JSON.stringify({
            weight_map: { [hostile]: `${hostile}.safetensors` },
          }),
        });
        rmSync(join(path, 'model.safetensors'));
        return ['--ar', path];
      },
    ],
    ['the name of a folder', () => ['--ar', join(folder, hostile)]],
    [
      'a MARIA checkpoint',
      () => ['--model', model('maria', changed({ model_type: 'maria', maria_version: hostile }))],
    ],
    ['a flag', () => [`--${hostile}`]],
    ['the value of a flag', () => ['--seed', hostile]],
    ['the name of the output', () => ['--output', join(folder, 'none', hostile)]],
  ];
  test.each(filling)('%s', async (_, args) => {
    const given = args();
    const mlm = given.includes('--ar') ? ['--mlm', join(models, 'modernbert')] : [];
    const { status, stderr } = await maria(['infill', ...given, ...mlm, 'A [MASK] was here.', '--debug']);
    expect(status).not.toBe(0);
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(control);
    // Told as one line, as it is known: a name forges no lines.
    expect(stderr).not.toMatch(/^2J/m);
  });
});

test('texts keep their bytes in a pipe', async () => {
  const { stdout } = await maria(['infill', `${hostile.replace('\r\n', '')} [MASK].`]);
  expect(stdout.startsWith(hostile.replace('\r\n', ''))).toBe(true);
});

test('models inspect and models info show what they find', async () => {
  const path = model('inspected', { 'README.md': `---\nlicense: ${JSON.stringify(hostile)}\n---\n` });
  const linked = join(folder, `linked ${hostile.replace(/[\r\n]/g, '')}`);
  symlinkSync(path, linked);
  for (const command of ['inspect', 'info']) {
    const { stdout, stderr } = await maria(['models', command, linked]);
    expect(stdout).toContain('\\u001b]0;PWN');
    expect(stdout + stderr).not.toMatch(control);
  }
});
