// Settings of files and the environment: which wins, what they may hold, and what they change on a command line.
import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendChoices } from '@maria/kernels/backends';
import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decimal, modelFlags, speculateFlag, speculateList, truncationFlags, windowFlag } from '../flags.js';
import { decimalRanges } from '../ranges.js';
import { changeSetting } from './change-setting.js';
import { keysOf, readLayer, readLayers, userFile } from './settings.js';
import { type CommandFlags, withSettings } from './with-settings.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'maria-config-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const user = () => join(home, '.config/maria/config.json');

function write(path: string, content: unknown): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const flags = (...names: string[]): CommandFlags =>
  Object.fromEntries(names.map((name) => [name, { type: 'option' }]));
const commands = new Map<string, CommandFlags>([
  [
    'infill',
    {
      ...flags('model', 'ar', 'mlm', 'threads', 'denoiser', 'top-k', 'system', 'device', 'gpu-memory'),
      backend: { type: 'option', options: ['auto', 'ort', 'tfjs'] },
      dtype: { type: 'option', options: ['float32', 'float16'] },
      tf32: { type: 'boolean' },
      temperature: { type: 'option', char: 't' },
      stats: { type: 'boolean' },
      quiet: { type: 'boolean' },
    },
  ],
  ['bench throughput', flags('model', 'threads')],
  ['train', { ...flags('model'), quiet: { type: 'boolean' } }],
  ['eval infill', flags('system')],
]);

/** The command line with what the files in the home folder, and the environment, set. */
function settled(line: string, env: NodeJS.ProcessEnv = {}, cwd = home): string {
  return withSettings(line.split(' '), readLayers({ env, cwd, home }), commands).argv.join(' ');
}

describe('a command line', () => {
  test('takes the value that is nearest: flag, environment, project, user', () => {
    write(user(), { threads: 1, model: 'a', infill: { temperature: 0.7, stats: true } });
    const project = join(home, 'project');
    write(join(project, '.maria.json'), { threads: 2 });
    const below = join(project, 'texts/more');
    mkdirSync(below, { recursive: true });
    expect(settled('infill x')).toBe('infill --temperature 0.7 --stats --threads 1 --model a x');
    expect(settled('infill x', {}, below)).toBe('infill --threads 2 --temperature 0.7 --stats --model a x');
    expect(settled('infill x', { MARIA_THREADS: '3' }, below)).toContain('--threads 3 ');
    expect(settled('infill --threads=4 -t1 -- --model', {}, below)).toBe(
      'infill --stats --model a --threads=4 -t1 -- --model',
    );
  });

  test('keeps its own models whole', () => {
    write(user(), { model: 'a', infill: { ar: 'b', mlm: 'c' } });
    expect(settled('infill x')).toBe('infill --ar b --mlm c x');
    expect(settled('infill --denoiser d')).toBe('infill --denoiser d');
    expect(settled('infill x', { MARIA_MODEL: 'e' })).toBe('infill --model e x');
  });

  test('of another command takes only what is set for it', () => {
    write(user(), { model: 'a', 'bench throughput': { threads: 2 } });
    expect(settled('bench throughput')).toBe('bench throughput --threads 2');
    expect(settled('train')).toBe('train');
    expect(settled('unknown words')).toBe('unknown words');
  });

  test('takes what speaks of a device where one is meant, and flags as they are', () => {
    write(user(), { dtype: 'float16', 'gpu-memory': '2GiB', tf32: true });
    expect(settled('infill x')).toBe('infill x');
    expect(settled('infill --tf32 x')).toBe('infill --tf32 x');
    expect(settled('infill --device webgpu x')).toBe('infill --dtype float16 --device webgpu x');
    const all = '--dtype float16 --gpu-memory 2GiB --tf32';
    expect(settled('infill --device=cuda:1 x')).toBe(`infill ${all} --device=cuda:1 x`);
    expect(settled('infill --device cuda --backend tfjs x')).toBe('infill --device cuda --backend tfjs x');
    expect(settled('infill --device banana x')).toBe(`infill ${all} --device banana x`);
    expect(settled('infill x', { MARIA_DEVICE: 'cuda' })).toContain('--tf32');
  });

  test('may name models by an alias', () => {
    write(user(), { model: 'mine', aliases: { mine: './m', both: { ar: '../a', mlm: 'org/b' }, own: '/d' } });
    expect(settled('infill')).toBe(`infill --model ${join(user(), '../m')}`);
    expect(settled('infill --model both')).toBe(`infill --ar ${join(user(), '../../a')} --mlm org/b`);
    expect(settled('infill --denoiser=own --model toString')).toBe('infill --denoiser /d --model toString');
  });
});

describe('a project’s file', () => {
  const project = () => join(home, 'project');
  const forbidden = (line: string, env: NodeJS.ProcessEnv = {}) =>
    withSettings(line.split(' '), readLayers({ env, cwd: project(), home }), commands).withoutDownloads;

  test('has no model downloaded that it names', () => {
    write(user(), { aliases: { mine: 'org/x' } });
    const file = write(join(project(), '.maria.json'), {
      model: 'stranger/y',
      aliases: { other: 'stranger/z' },
    });
    expect(forbidden('infill x')).toBe(file);
    expect(forbidden('infill --model=other x')).toBe(file);
    expect(forbidden('infill --denoiser other x')).toBe(file);
    // What the user names is another thing.
    expect(forbidden('infill --model mine x')).toBeUndefined();
    expect(forbidden('infill --model stranger/y x')).toBeUndefined();
    expect(forbidden('infill x', { MARIA_MODEL: 'stranger/y' })).toBeUndefined();
    expect(forbidden('train')).toBeUndefined();
  });

  test('may set all else', () => {
    write(user(), { model: 'org/x' });
    write(join(project(), '.maria.json'), { threads: 1 });
    expect(forbidden('infill x')).toBeUndefined();
  });

  test('has no model of a system of an evaluation downloaded, and lets others be named beside its decoder', () => {
    const file = write(join(project(), '.maria.json'), { 'eval infill': { system: 'mlm=stranger/z' } });
    expect(forbidden('eval infill')).toBe(file);
    expect(forbidden('eval infill --system mlm=org/x')).toBeUndefined();
    write(file, { infill: { system: 'mlm' } });
    expect(forbidden('infill --model org/x')).toBeUndefined();
  });

  test.skipIf(process.getuid?.() !== 0)('is passed by where another user made it, or the link to it', () => {
    write(user(), {});
    const file = write(join(project(), '.maria.json'), { threads: 2 });
    chownSync(file, 12345, 0);
    expect(settled('infill x', {}, project())).toBe('infill x');
    const own = write(join(home, 'own.json'), { threads: 2 });
    rmSync(file);
    symlinkSync(own, file);
    expect(settled('infill x', {}, project())).toBe('infill --threads 2 x');
    lchownSync(file, 12345, 0);
    expect(settled('infill x', {}, project())).toBe('infill x');
  });
});

test('every command can be quiet, by a word of the environment too', () => {
  write(user(), { quiet: true, threads: 2 });
  expect(settled('train')).toBe('train --quiet');
  expect(settled('train', { MARIA_QUIET: '0' })).toBe('train');
  write(user(), {});
  expect(settled('infill x', { MARIA_QUIET: '1' })).toBe('infill --quiet x');
  expect(settled('bench throughput', { MARIA_QUIET: '1' })).toBe('bench throughput');
});

test.each([
  ['no JSON', '{', /it is not JSON/],
  ['a list', [1], /not a JSON object/],
  ['an unknown key', { thread: 1 }, /nothing is called "thread" there \(did you mean "threads"\?\)/],
  ['a file to write', { infill: { output: 'x' } }, /nothing is called "infill.output"/],
  ['code that may run', { 'eval infill': { 'allow-code-execution': true } }, /nothing is called/],
  [
    'an unknown command',
    { infil: { seed: 1 } },
    /nothing is called "infil" there \(did you mean "infill"\?\)/,
  ],
  ['a list as a value', { threads: [1] }, /"threads" is neither/],
  ['an alias of nothing', { aliases: { a: 1 } }, /alias "a"/],
  ['too much', `{"model":"${'x'.repeat(70_000)}"}`, /larger than 65536 bytes/],
  ['what a command lacks', { infill: { 'top-p': 0.5 } }, /infill has no --top-p/],
])('%s is refused, with the file', (_, content, message) => {
  write(user(), content);
  expect(() => settled('infill x')).toThrow(message);
  expect(() => settled('infill x')).toThrow(user());
  expect(settled('infill x', { MARIA_CONFIG: '' })).toBe('infill x');
});

test('the file is where the environment says', () => {
  expect(userFile({ env: { XDG_CONFIG_HOME: '/x' }, home })).toBe('/x/maria/config.json');
  expect(userFile({ env: { MARIA_CONFIG: '/y.json' }, home })).toBe('/y.json');
  expect(userFile({ env: {}, home })).toBe(user());
});

test('a key is changed and the rest stays; an unfit one changes nothing', async () => {
  const readBy: FlagInput = {
    ...modelFlags,
    ...truncationFlags('SAMPLING'),
    window: windowFlag,
    speculate: speculateFlag,
    temperature: decimal({ ...decimalRanges.temperature, exclusive: ['top-k'] }),
    stats: Flags.boolean(),
  };
  const change = (key: string, value: string | undefined) =>
    changeSetting(user(), key, value, {
      flags: new Map([
        ...commands,
        ['infill', Object.fromEntries(Object.keys(readBy).map((name) => [name, { type: 'option' }]))],
        ['bench throughput', flags('speculate')],
      ]),
      load: async (command, flag) => (command === 'infill' ? readBy[flag]! : speculateList),
    });
  await change('model', '1');
  await change('threads', '2');
  await change('infill.temperature', '0.5');
  await change('infill.stats', 'true');
  await change('aliases.a.b', 'org/x').catch(() => {});
  await change('aliases.mine', 'org/x');
  await change('bench throughput.speculate', 'off,4,auto');
  await change('bench throughput.speculate', undefined);
  await change('threads', undefined);
  await change('infill.stats', undefined);
  const held = readFileSync(user(), 'utf8');
  expect(JSON.parse(held)).toEqual({ model: '1', infill: { temperature: 0.5 }, aliases: { mine: 'org/x' } });
  for (const [key, value, fact] of [
    ['device', 'banana', 'expected auto, cpu, cuda[:N] or webgpu[:N] but received: banana'],
    ['infill.dtype', 'int3', 'it is float32, float16 or bfloat16'],
    ['backend', 'torch', `it is ${backendChoices.slice(0, -1).join(', ')} or ${backendChoices.at(-1)}`],
    ['threads', '0', 'it must be a whole number of at least 1, and is 0'],
    ['threads', '99999', 'it must be a whole number of at most 1024, and is 99999'],
    ['context', '1.5', 'it must be a whole number, and is 1.5'],
    ['infill.top-p', '3', 'it must be a number above 0 and of at most 1, and is 3'],
    ['infill.top-k', '0', 'it must be a whole number of at least 1, and is 0'],
    ['infill.temperature', '-1', 'it must be a number of at least 0 and of at most 100, and is -1'],
    ['infill.temperature', 'warm', 'it must be a number of at least 0 and of at most 100, and is warm'],
    ['infill.window', '2', 'expected auto or a whole number from 16 to 1048576 but received: 2'],
    ['infill.speculate', '65', 'expected auto, off or a whole number up to 64 but received: 65'],
    [
      'bench throughput.speculate',
      'off,65',
      'expected auto, off or a whole number up to 64 but received: 65',
    ],
    ['tf32', 'banana', 'it is true or false'],
    ['infill.stats', 'maybe', 'it is true or false'],
    ['gpu-memory', 'much', 'it must be a size such as 500MB or 2GiB, and is much'],
  ] as const)
    await expect(change(key, value)).rejects.toMatchObject({
      code: 'bad-setting',
      exitStatus: 2,
      message: `Cannot set "${key}" to ${/^-?\d/.test(value) ? value : `"${value}"`}: ${fact}.`,
    });
  await expect(change('bench throughput.top-p', '0.5')).rejects.toMatchObject({
    code: 'bad-setting',
    message: 'Cannot set "bench throughput.top-p": bench throughput has no --top-p.',
  });
  // What may not be set is told of before what it is set to.
  for (const [key, value, fact] of [
    ['infill.output', 'x', 'nothing that may be set is called "output"'],
    ['infill.max-length', '0', 'nothing that may be set is called "max-length"'],
    ['infil.temperature', '1', 'no command is called "infil" (did you mean "infill"?)'],
    ['thread', '1', 'nothing is called so (did you mean "threads"?)'],
    ['infill', 'x', 'it is a section, and what is in it may be set, as infill.NAME'],
    ['aliases', 'x', 'it is a section, and what is in it may be set, as aliases.NAME'],
    ['aliases.__proto__', 'x', 'that is no name'],
    ['aliases.', 'x', 'that is no name'],
    ['aliases.mine', '', 'the value is empty'],
    ['model', '', 'the value is empty'],
  ] as const)
    await expect(change(key, value)).rejects.toMatchObject({
      code: 'bad-setting',
      message: `Cannot set "${key}": ${fact}.`,
    });
  expect(readFileSync(user(), 'utf8')).toBe(held);
  expect(keysOf(readLayer(user())).map(({ key }) => key)).toEqual([
    'model',
    'infill.temperature',
    'aliases.mine',
  ]);
  await change('infill.temperature', undefined);
  expect(JSON.parse(readFileSync(user(), 'utf8'))).not.toHaveProperty('infill');
});
