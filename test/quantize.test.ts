// Quantised models from the weights to the command line: what they compute, what is kept in the cache, and by whom it is made.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPair, loadModel, type Quantization } from '@maria/checkpoints';
import { infill, type MariaModel, score } from '@maria/core';
import { autoBackends, type BackendName, chooseBackend, int8Limit } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lockHolder } from '../packages/checkpoints/src/hub/lock-holder.test.support.js';
import { maria, outcomeOf, recordsIn, startMaria } from './cli-process.js';
import {
  familyGoldens,
  type GoldenPair,
  goldenFolder,
  maxDifference,
  readGoldenJson,
} from './golden-files.js';
import { writeRandomCheckpoint } from './random-checkpoint.js';

const root = mkdtempSync(join(tmpdir(), 'maria-quantised-'));
const cache = join(root, 'cache');
vi.stubEnv('MARIA_CACHE', cache);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const [ar, mlm] = [join(root, 'gpt2'), join(root, 'modernbert')];
beforeAll(async () => {
  const sizes = { vocab_size: 600, n_embd: 64, n_layer: 2, n_head: 4, n_positions: 96, n_inner: 160 };
  await writeRandomCheckpoint(ar, { model_type: 'gpt2', ...sizes }, 1);
  const masked = { hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2, num_attention_heads: 4 };
  await writeRandomCheckpoint(mlm, { model_type: 'modernbert', vocab_size: 600, ...masked }, 2);
});

async function withModel<T>(
  options: Parameters<typeof loadModel>[0],
  use: (model: MariaModel) => Promise<T>,
): Promise<T> {
  const model = await loadModel(options);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

async function fill(model: MariaModel, text: string): Promise<string> {
  const events = infill(model, text);
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value.samples[0]!.text;
  }
}

const story =
  'Once upon a time there was a little girl who lived in a small house near the forest with her mother.';

const int8Bits = await int8Limit(await chooseBackend());

describe('the embedded model', () => {
  const scored = (backend: BackendName, quantize: Quantization) =>
    withModel({ backend, quantize }, (model) => score(model, { text: story, maskRate: 0.5, seed: 1 }));

  it.each([
    // On a machine whose kernels need smaller integers the reference reads a copy of its own.
    ['int8', int8Bits === 127 ? 0.02 : 0.2, 0.2],
    ['int4', 0.2, 0.5],
  ] as const)(
    'in %s is the same on every backend, and close to float32',
    async (quantize, kernels, rounding) => {
      const exact = await scored('ort', 'none');
      const reference = await scored('reference', quantize);
      for (const backend of autoBackends) {
        const { perToken } = await scored(backend, quantize);
        // The kernel of int4 rounds activations too; that of int8 does what the reference does, on numbers that differ a little.
        const worst = Math.max(...perToken.map((value, i) => Math.abs(value - reference.perToken[i]!)));
        expect(worst, backend).toBeLessThan(kernels);
        expect(worst, `${backend} is not the reference itself`).toBeGreaterThan(0);
      }
      const differences = reference.perToken.map((value, i) => Math.abs(value - exact.perToken[i]!));
      expect(Math.max(...differences)).toBeLessThan(rounding);
      expect(Math.max(...differences)).toBeGreaterThan(0);
    },
  );

  it('is at least ten times closer to float32 in int8 than in int4', async () => {
    const text = readFileSync(new URL('../LICENSE', import.meta.url), 'utf8');
    const [int4, int8] = [
      await checkPair({}, { scheme: 'int4', text, tokens: 1024 }),
      await checkPair({}, { scheme: 'int8', text, tokens: 1024 }),
    ];
    expect(int8.meanKl).toBeLessThan(int4.meanKl / 10);
  });

  it.each(['int4', 'int8'] as const)('in %s fills gaps with words', async (quantize) => {
    const text = await withModel({ quantize }, (model) =>
      fill(model, 'The little [MASK] went to the [MASK].'),
    );
    expect(text).toMatch(/^The little [a-z]+ went to the [a-z]+\.$/);
  });
});

it.each([
  ['modernbert_decoder', 'modernbert'],
  ['llama', 'eurobert'],
  ['gemma2', 'modernbert_gemma'],
])('%s and %s in int8 are the same on each backend, and close to float32', async (ar, mlm) => {
  const folderOf = (name: string) => `${goldenFolder}${familyGoldens}models/${name}`;
  const pair = readGoldenJson<GoldenPair>(`${familyGoldens}pairs/${ar}+${mlm}.json`);
  const scored = (backend: BackendName, quantize: Quantization) =>
    withModel(
      { ar: folderOf(ar), mlm: folderOf(mlm), backend, quantize, arPrefix: 'none', mlmTemplate: 'none' },
      async (model) => (await score(model, pair.cases.random50!)).perToken,
    );
  const [exact, kernels] = [await scored('ort', 'none'), await scored('ort', 'int8')];
  for (const backend of ['reference', 'ort-node'] as const)
    expect(maxDifference(kernels, await scored(backend, 'int8'))).toBeLessThan(int8Bits === 127 ? 1e-4 : 0.2);
  // Matrices of 40 inputs: the rounding of each number counts for more than in a model that is used.
  expect(maxDifference(kernels, exact)).toBeLessThan(0.2);
  expect(maxDifference(kernels, exact)).toBeGreaterThan(1e-4);
});

describe('matrices stored [in, out], as GPT-2 has them', () => {
  it('are quantised along the input', async () => {
    const scored = (backend: BackendName, quantize: Quantization) =>
      withModel({ ar, mlm, backend, quantize }, (model) =>
        score(model, { ids: [594, 300, 20, 41, 55, 16, 400], masked: [1, 2, 4, 6] }),
      );
    const exact = await scored('reference', 'none');
    const reference = await scored('reference', 'int8');
    const { perToken } = await scored('ort', 'int8');
    perToken.forEach((value, i) => {
      expect(Math.abs(value - reference.perToken[i]!)).toBeLessThan(0.5);
      expect(Math.abs(reference.perToken[i]! - exact.perToken[i]!)).toBeLessThan(0.5);
    });
    const copy = readdirSync(join(cache, 'quantized')).find((name) => name.startsWith('gpt2-int8'))!;
    const { quantized } = JSON.parse(readFileSync(join(cache, 'quantized', copy, 'manifest.json'), 'utf8'));
    expect(quantized['h.0.mlp.c_fc.weight']).toEqual({ shape: [64, 160], axis: 0 });
    expect(quantized['wte.weight']).toBeUndefined();
    expect(quantized['wte.weight[0:64]']).toEqual({ shape: [600, 64], axis: 1 });
    expect(quantized['wpe.weight']).toBeUndefined();
  });
});

describe('worker threads', () => {
  it('write what one thread writes', () => {
    // In a process of its own: a worker has to be a file that Node runs, and here the sources run without a build.
    const copies = execFileSync(process.execPath, ['--input-type=module', '-e', copyTwice], {
      cwd: fileURLToPath(new URL('../packages/checkpoints', import.meta.url)),
      env: { ...process.env, NODE_OPTIONS: '', FOLDER: join(root, 'gpt2'), ROOT: root },
      encoding: 'utf8',
    });
    const [alone, together] = JSON.parse(copies).map((folder: string) =>
      readdirSync(folder).map((name) =>
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ),
    );
    expect(alone).toHaveLength(2);
    expect(together).toEqual(alone);
  });

  const copyTwice = `
    import { statSync } from 'node:fs';
    import { join } from 'node:path';
    import { makeCopy } from './dist/quantize/make-copy.js';
    import { openSafetensors } from './dist/index.js';
    const path = join(process.env.FOLDER, 'model.safetensors');
    const source = openSafetensors(path);
    const plan = [...source.entries.values()].map(({ name, shape }) => ({
      name, from: name, shape, ...(shape.length === 2 && { axis: name.includes('.c_') ? 0 : 1 }),
    }));
    const { size, mtimeMs: modified } = statSync(path);
    const folders = [0, 3].map((workers) => join(process.env.ROOT, 'copy-' + workers));
    for (const [i, folder] of folders.entries())
      await makeCopy({ source, plan, form: { scheme: 'int4' }, files: [{ path, size, modified }], folder }, { workers: 3 * i });
    console.log(JSON.stringify(folders));
  `;
});

describe('the command line', () => {
  const env = { MARIA_CACHE: join(root, 'cli-cache') };
  const copies = () => readdirSync(join(env.MARIA_CACHE, 'quantized')).filter((name) => name !== '.locks');

  it('fills with --quantize, and makes the copies once', async () => {
    const args = ['infill', '--quantize', 'int4', 'The little [MASK] went to the [MASK].'];
    const first = await maria(args, { env });
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^The little [a-z]+ went to the [a-z]+\.\n?$/);
    const made = copies().map((name) => [name, statSync(join(env.MARIA_CACHE, 'quantized', name)).mtimeMs]);
    expect(made.map(([name]) => String(name).replace(/-[0-9a-f]+$/, ''))).toEqual([
      'ar-int4',
      'mlm-int4',
      'tiny-int4',
    ]);
    expect(await maria(args, { env })).toEqual(first);
    expect(
      copies().map((name) => [name, statSync(join(env.MARIA_CACHE, 'quantized', name)).mtimeMs]),
    ).toEqual(made);
  });

  it('tells that it waits for another process that makes a copy', async () => {
    const args = ['models', 'check', `${goldenFolder}models/gpt2`, '--quantize', 'int4', '--text', '-'];
    const waiting = { input: story, env: { MARIA_CACHE: join(root, 'wait-cache') } };
    expect((await maria(args, waiting)).stderr).toBe('');
    const folder = join(waiting.env.MARIA_CACHE, 'quantized');
    const copy = readdirSync(folder).find((name) => name !== '.locks')!;
    rmSync(join(folder, copy), { recursive: true });
    const other = await lockHolder(join(folder, '.locks', `${copy}.making.lock`));
    const child = startMaria(args, waiting);
    child.stdin!.end(waiting.input);
    child.stderr!.once('data', () => other.kill('SIGKILL'));
    expect(await outcomeOf(child)).toMatchObject({
      status: 0,
      stderr: 'Waiting for another process that quantises gpt2.\n',
    });
  });

  it('checks a model against float32', async () => {
    const input = `${story}\n`.repeat(3);
    const { status, stdout } = await maria(
      ['models', 'check', '--quantize', 'int8', '--text', '-', '--json'],
      {
        env,
        input,
      },
    );
    expect(status).toBe(0);
    const [record] = recordsIn<{
      role: string;
      meanKl: number;
      maxKl: number;
      perplexity: { float32: number };
    }>(stdout);
    expect(record).toMatchObject({ role: 'maria', scheme: 'int8' });
    expect(record!.meanKl).toBeGreaterThan(0);
    // 0.0011 with weights of 7 bits, which sums on processors without VNNI need; int4 has more than ten times as much.
    expect(record!.meanKl).toBeLessThan(0.002);
    expect(record!.maxKl).toBeGreaterThanOrEqual(record!.meanKl);
    const shown = await maria(['models', 'check', '--quantize', 'int8', '--text', '-'], { env, input });
    expect(shown.stdout).toMatch(
      /^compared .*\nKL .* nats on average, .* at most\nperplexity .*\nsame first .*%/,
    );
    expect(await maria(['models', 'check', '--quantize', 'int8', '--text', '-'], { env })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Cannot check the model: the text has 0 tokens\.\nTry: /),
    });
  });

  it('inspects a model, alone and with another one', async () => {
    const { status, stdout } = await maria([
      'models',
      'inspect',
      join(root, 'gpt2'),
      join(root, 'modernbert'),
      '--json',
    ]);
    expect(status).toBe(0);
    const [record] = recordsIn<{ memory: Record<Quantization, { total: number }> }>(stdout);
    expect(record).toMatchObject({
      role: 'ar',
      parts: [{ family: 'gpt2', sizes: { hiddenSize: 64 } }],
      stored: { F32: expect.any(Number) },
      tokenizer: { tokens: 600, mask: null },
      pairs: [{ fits: true }],
    });
    expect(record!.memory.int4.total).toBeLessThan(record!.memory.none.total);
    const shown = await maria(['models', 'inspect', join(root, 'modernbert')]);
    expect(shown.stdout).toMatch(/^role +masked$/m);
    expect(shown.stdout).toMatch(/^pairs with +.*: no, token /m);
  });

  it('prunes', async () => {
    const dry = await maria(['models', 'prune', '--all', '--dry-run', '--json'], { env });
    const [record] = recordsIn<{ removed: { name: string }[] }>(dry.stdout);
    expect(record!.removed.length).toBe(copies().length);
    const { status, stdout, stderr } = await maria(['models', 'prune', '--all'], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^COPY .*\nar-int4-/);
    expect(stderr).toMatch(/^[\d.]+ MiB removed, 0 B stay\.\n$/);
    expect(copies()).toEqual([]);
  });

  it('refuses another scheme', async () => {
    expect(await maria(['infill', '--quantize', 'int3', 'A [MASK].'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--quantize'),
    });
  });
});
