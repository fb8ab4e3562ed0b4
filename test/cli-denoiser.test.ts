// maria infill and generate with denoisers, as a user runs them: good files and bad.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRecording } from '../apps/tui/src/replay/recording.js';
import { maria, type Outcome, recordsIn } from './cli-process.js';
import { denoiserFolder, diffusionJson } from './diffusion-goldens.js';
import { goldenFolder } from './golden-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-denoiser-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { MARIA_CACHE: join(folder, 'cache') };
const tokenizer = ['--tokenizer', `${goldenFolder}tokenizer_ar`];

const infill = (args: readonly string[], input = '') => maria(['infill', ...args], { env, input });

/** The runs that suppress what a user's texts never get. */
function suppressedRun(name: string, sampler: string) {
  interface Run {
    readonly sampler: string;
    readonly alg?: string;
    readonly suppress?: number[];
    readonly suppress_tokens?: number[];
    readonly steps: number;
    readonly block_length?: number;
    readonly uniform_seed?: number;
    readonly result: number[];
  }
  const { cases } = diffusionJson<{ cases: { masked_ids: number[]; runs: Run[] }[] }>(`runs/${name}`);
  for (const { masked_ids: ids, runs } of cases) {
    const run = runs.find(
      (one) =>
        one.sampler === sampler &&
        one.uniform_seed === undefined &&
        ((one.suppress ?? one.suppress_tokens)?.length ?? 0) > 1,
    );
    if (run) return { ids, run };
  }
  throw new Error(`${name} has no such run of ${sampler}`);
}

it.each([
  ['llada', 'llada', ['--sampler', 'low-confidence', '--block-length', '16']],
  ['a2d_qwen3', 'dllm_infill', ['--sampler', 'low-confidence']],
  ['diffugpt', 'topk_mask', ['--sampler', 'topk-mask']],
])('%s fills ids as its goldens do', async (name, sampler, flags) => {
  const { ids, run } = suppressedRun(name, sampler);
  const { stdout, stderr, status } = await infill(
    ['--denoiser', denoiserFolder(name), '--jsonl', '--steps', `${run.steps}`, ...flags],
    JSON.stringify({ id: 'x', ids }),
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(recordsIn(stdout)[0]).toMatchObject({ id: 'x', ids: run.result });
});

describe('without --denoiser', () => {
  it('the embedded MLM fills a text, the same for a seed, and leaves what is known', async () => {
    const text = 'The little [MASK] sat on the [MASK*2].';
    const args = ['--system', 'diffusion', '--seed', '3', '--sampler', 'p2', text];
    const first = await infill(args);
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^The little .+ sat on the .+\.\n$/);
    expect((await infill(args)).stdout).toBe(first.stdout);
  });

  it('texts are written, and told event by event, so that they can be replayed', async () => {
    const args = ['generate', '--length', '6', '--steps', '12', '--sampler', 'remdm-rescale', '--seed', '3'];
    const { stdout, stderr, status } = await maria([...args, '--events'], { env });
    expect([status, stderr]).toEqual([0, '']);
    const events = recordsIn(stdout);
    expect(events[0]).toMatchObject({ type: 'mlm-encoded', positions: [0, 1, 2, 3, 4, 5] });
    expect(events.at(-1)).toMatchObject({ type: 'done', sample: 0 });
    expect(await readRecording(stdout, 'x')).toMatchObject({ kind: 'infill' });
    const texts = await maria([...args, '--samples', '2', '--json'], { env });
    const [record] = recordsIn<{ samples: { text: string }[] }>(texts.stdout);
    expect(record?.samples.map(({ text }) => text)[0]).toBe(events.at(-1)?.text);
    expect(record?.samples).toHaveLength(2);
  });

  it('a prompt stays', async () => {
    const { stdout } = await maria(['generate', '--prompt', 'Once upon a time', '-l', '4', '--seed', '1'], {
      env,
    });
    expect(stdout).toMatch(/^Once upon a time/);
  });
});

it('SEDD is converted once, and says so', async () => {
  const args = [
    '--denoiser',
    denoiserFolder('sedd'),
    ...tokenizer,
    '--steps',
    '8',
    '--seed',
    '2',
    'a [MASK*3] b',
  ];
  const first = await infill(args);
  expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('to safetensors, once') });
  const again = await infill(args);
  expect(again).toEqual({ status: 0, stdout: first.stdout, stderr: '' });
});

describe('is refused', () => {
  const copied = (name: string, change: (file: (name: string) => string) => void) => {
    const copy = mkdtempSync(join(folder, 'model-'));
    cpSync(denoiserFolder(name), copy, { recursive: true });
    change((file) => join(copy, file));
    return copy;
  };
  const withConfig = (name: string, changes: object) =>
    copied(name, (file) => {
      const config = JSON.parse(readFileSync(file('config.json'), 'utf8'));
      writeFileSync(file('config.json'), JSON.stringify({ ...config, ...changes }));
    });
  const withGlobal = () =>
    copied('sedd', (file) => {
      const bytes = readFileSync(file('pytorch_model.bin'), 'latin1');
      // The checksum of the pickle is wrong then too; what it would execute is looked at after that.
      writeFileSync(
        file('pytorch_model.bin'),
        bytes.replace('torch\nFloatStorage', 'builtin\neval______'),
        'latin1',
      );
    });
  const text = 'a [MASK*2] b';

  it.each<[string, () => string[], number, RegExp]>([
    ['a LLaDA with alibi', () => [withConfig('llada', { alibi: true })], 3, /key "alibi"/],
    [
      'an MDLM that reads the noise',
      () => [withConfig('mdlm', { time_conditioning: true }), ...tokenizer],
      3,
      /key "time_conditioning"/,
    ],
    [
      'a folder without a tokenizer',
      () => [denoiserFolder('mdlm')],
      3,
      /Try: Give the tokenizer .*--tokenizer/,
    ],
    [
      'a Llama of which nobody says what it is',
      () => [denoiserFolder('diffullama')],
      3,
      /Try: .*--family diffullama/,
    ],
    ['a changed pickle', () => [withGlobal(), ...tokenizer], 3, /pytorch_model\.bin/],
    [
      'a family of another name',
      () => [denoiserFolder('llada'), '--family', 'nothing'],
      2,
      /no family "nothing"/,
    ],
    [
      'a sampler that reads something else',
      () => [denoiserFolder('mdlm'), ...tokenizer, '--sampler', 'euler'],
      2,
      /Try: --sampler ddpm/,
    ],
    [
      'blocks, with a sampler that has none',
      () => [denoiserFolder('llada'), '--sampler', 'p2', '--block-length', '2'],
      2,
      /Try: Leave the length of blocks out, or use the sampler low-confidence, or use the sampler threshold\./,
    ],
    [
      'blocks, with a denoiser that no sampler with blocks fits',
      () => [denoiserFolder('sedd'), ...tokenizer, '--block-length', '2'],
      2,
      /"analytic" has no blocks\.\nTry: Leave the length of blocks out\.$/m,
    ],
    [
      'guidance, with a denoiser that gives scores',
      () => [denoiserFolder('sedd'), ...tokenizer, '--guidance', '1'],
      2,
      /family sedd gives scores.*\nTry: Leave the guidance out\.$/m,
    ],
    ['an AR model', () => [`${goldenFolder}models/olmo`], 3, /is an AR model/],
    [
      'another system',
      () => [denoiserFolder('llada'), '--system', 'mlm'],
      2,
      /--system mlm reads no --denoiser/,
    ],
  ])('%s', async (_, args, status, message) => {
    const outcome: Outcome = await infill(['--denoiser', ...args(), text]);
    expect(outcome).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('a text that has the word that is the mask, and the other lines are filled', async () => {
    const { status, stdout, stderr } = await infill(
      ['--denoiser', denoiserFolder('diffugpt'), '--jsonl', '--steps', '2'],
      [{ text: 'a [MASK] b' }, { text: 'a ~~ [MASK] b' }].map((record) => JSON.stringify(record)).join('\n'),
    );
    const [first, second] = recordsIn(stdout);
    expect(first).toHaveProperty('text');
    expect(second).toMatchObject({ error: { code: 'mask-in-text' } });
    expect([status, stderr]).toEqual([1, '']);
  });

  it('a denoiser in the place of an MLM, and it is told what it is', async () => {
    const args = ['--ar', `${goldenFolder}models/olmo`, '--mlm', denoiserFolder('llada'), text];
    expect(await infill(args)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/"llada", a denoiser\.\nTry: Fill with it: --denoiser MODEL/),
    });
  });

  it('a flag of samplers without a denoiser', async () => {
    expect(await infill(['--sampler', 'p2', text])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--sampler is of a denoiser'),
    });
  });
});

describe('--batch', () => {
  const texts = [
    'The little [MASK] sat on the [MASK*2].',
    'Once upon a time [MASK*7] happy.',
    'She went to the [MASK*3] with [MASK] dog.',
    'A [MASK].',
    'Then [MASK*5] and the king [MASK*2].',
  ].join('\n');

  it.each([
    ['the embedded MLM', ['--system', 'diffusion', '--sampler', 'remdm-cap']],
    ['llada', ['--denoiser', denoiserFolder('llada'), '--guidance', '0.5']],
    ['mdlm', ['--denoiser', denoiserFolder('mdlm'), ...tokenizer]],
    ['sedd', ['--denoiser', denoiserFolder('sedd'), ...tokenizer]],
  ])('changes no bit of what %s writes', async (_, flags) => {
    const given = [...flags, '--steps', '6', '--seed', '3', '--samples', '3', '--json'];
    const [alone, ...batches] = await Promise.all(
      ['1', '4', 'auto'].map((batch) => infill([...given, '--batch', batch], texts)),
    );
    expect(alone!.status).toBe(0);
    expect(recordsIn(alone!.stdout)).toHaveLength(5);
    for (const batch of batches) expect(batch.stdout).toBe(alone!.stdout);
  });
});
