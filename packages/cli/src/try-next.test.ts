// Hints in flags and commands: what they say, that they exist, and that only the command line names them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, DeviceError, type Facts, MariaError, UsageError } from '@maria/core/errors';
import { expect, test } from 'vitest';
import { placed } from './text-errors.js';
import { hints, tryNext } from './try-next.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const libraries = ['core', 'kernels', 'checkpoints', 'training', 'charts', 'eval'].map((name) =>
  join(root, 'packages', name, 'src'),
);
const reference = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const flags = new Set(reference.match(/--[a-z][\w-]*/g));
const commands = Array.from(reference.matchAll(/^## maria (.+)$/gm), ([, name]) => name!);

/** Lines of the sources below the command line that are neither tests nor comments, with their place. */
const lines = [...libraries, join(root, 'apps/tui/src')].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\./.test(file))
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .map((text, i) => ({
          text: text.replace(/^\s*(\/\/|\/?\*).*|\s\/\/.*/, ''),
          place: `${file}:${i + 1}`,
        })),
    ),
);

test('no library names a flag or a command', () => {
  const naming = lines.filter(
    ({ text }) =>
      text.match(/--[a-z][\w-]*/g)?.some((flag) => flags.has(flag)) ||
      commands.some((command) => text.includes(`maria ${command}`)),
  );
  expect(naming).toEqual([]);
  expect(flags.size).toBeGreaterThan(50);
  expect(commands).toContain('models pull');
});

test('every hint is for an error of a library', () => {
  const code = lines.map(({ text }) => text).join('\n');
  expect(Object.keys(hints).filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});

test('hints name flags that exist', () => {
  const named = readFileSync(join(root, 'packages/cli/src/try-next.ts'), 'utf8').match(/--[a-z][\w-]*/g)!;
  expect(named.filter((flag) => !flags.has(flag))).toEqual([]);
});

const hintOf = (code: string, facts: Facts) => tryNext(new UsageError(code, 'Cannot.', { facts }));

test.each<[string, Facts, string | undefined]>([
  ['truncated-file', { file: '/c/models--org--tiny/blobs/1' }, 'maria models pull org/tiny'],
  ['truncated-file', { file: '/c/tiny/model.safetensors' }, undefined],
  [
    'context-too-long',
    { capacity: 4, longest: 6 },
    'Give a shorter text, or a --context above 4; the model was made for 6.',
  ],
  ['context-too-long', { capacity: 6, longest: 6 }, undefined],
  [
    'context-too-long',
    { capacity: 4, lastGap: 5 },
    'Split the text, give a larger --context if one was given, or use a model with a longer context.',
  ],
  ['context-too-long', { fitsInWindows: true }, 'Read it in windows: --window auto.'],
  [
    'context-too-long',
    { capacity: 4, lastGap: 5, fitsInWindows: true },
    'Read it in windows: --window auto. Or give a larger --context if one was given.',
  ],
  [
    'context-too-long',
    { capacity: 4, judged: 5 },
    'Judge a shorter text, or give a larger --context if one was given.',
  ],
  ['diverged', { run: 'out', learningRate: 0.1 }, 'Start again with --lr 0.1: nothing of it is saved yet.'],
  [
    'diverged',
    { run: 'out', learningRate: 0.1, savedSteps: 3 },
    'Its state after 3 steps is kept; go on with: maria train --out out --resume --lr 0.1',
  ],
  [
    'write-failed',
    { run: 'out', savedSteps: 3 },
    'Free some space. Its state after 3 steps is kept; go on with: maria train --out out --resume',
  ],
  ['write-failed', { run: 'out' }, 'Free some space. Then start again: nothing of it is saved yet.'],
  ['write-failed', { out: 'out' }, 'Choose another folder: --out DIR.'],
  [
    'write-failed',
    { cache: 'copies' },
    'Set MARIA_CACHE to another folder, or make room with `maria models prune`.',
  ],
  ['memory-short', { kvCache: 'float16' }, 'Give --kv-cache float16.'],
  ['memory-short', { capacity: 1024 }, 'Give --context 1024.'],
  [
    'memory-short',
    { quantize: 'int8', takes: 2.3 * 2 ** 30 },
    'Give --quantize int8, which takes about 2.30 GiB.',
  ],
  [
    'memory-short',
    { quantize: 'int4', capacity: 1024, takes: 2 ** 30 },
    'Give --quantize int4 --context 1024, which takes about 1.00 GiB.',
  ],
  [
    'memory-short',
    { quantize: 'int4', alone: true, takes: 2 ** 30 },
    'Give --quantize int4 alone, which takes about 1.00 GiB.',
  ],
  [
    'device-unfit',
    { devices: ['cuda'], backends: ['ort', 'reference'] },
    '--device cuda; or --backend ort, or --backend reference.',
  ],
  ['dtype-unfit', { dtypes: ['float32'] }, '--dtype float32; or a GPU: --device cuda.'],
  ['kv-cache-unsupported', {}, 'Give --kv-cache float32, or --backend ort.'],
  ['kv-cache-unsupported', { device: 'webgpu:0' }, 'Give --kv-cache float32.'],
  ['model-kind', { kind: 'causal' }, 'Give it as --ar.'],
  ['options-exclude', { options: ['init', 'model'] }, 'Leave out --init or --model.'],
  ['expert-missing', { energy: 'ar' }, 'Use --energy fused.'],
  ['expert-missing', {}, 'Use the backbones themselves, with --ar and --mlm.'],
])('%s with %o', (code, facts, hint) => {
  expect(hintOf(code, facts)).toBe(hint);
});

test('without a hint the advice of the library holds', () => {
  const advice = { try: 'Use a smaller model.' };
  expect(tryNext(new DeviceError('memory-short', 'Cannot load.', advice))).toBe(advice.try);
  expect(tryNext(new DataError('toString', 'Cannot load.', advice))).toBe(advice.try);
  expect(hintOf('unknown', {})).toBeUndefined();
});

test('an error keeps its hint when its text is named', () => {
  const error = new MariaError('steps-taken', 2, 'Cannot stop.', { try: 'Take more.', facts: { steps: 3 } });
  expect(placed(error, 'line 2')).toMatchObject({ message: 'Cannot stop (line 2).', try: 'Take more.' });
  expect(tryNext(placed(error, 'line 2'))).toBe('--steps 3 or more');
});
