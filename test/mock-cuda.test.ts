// The embedded pair on a CUDA that is a mock: the texts of the CPU, and what one request's lack of memory does to others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadModel, openCheckpoint } from '@maria/checkpoints';
import {
  createCausalModel,
  createMaskedModel,
  infill,
  laneOf,
  type MariaModel,
  type Matrix,
  readArchitecture,
  tracePart,
} from '@maria/core';
import { chooseBackend, type DeviceChoice } from '@maria/kernels';
import { fileSource, openTraining, runTraining } from '@maria/training';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failing, type MockCuda, type Mocks } from '../packages/kernels/src/ort/mock-library.test.support.js';
import { familyGoldens, goldenFolder, maxDifference, openGoldenTensors } from './golden-files.js';
import { roundedToBfloat16 } from './onnx-model.js';

const mock = vi.hoisted(() => ({ folder: '', mocks: {} as Mocks, cuda: undefined as MockCuda | undefined }));
vi.mock('../packages/kernels/src/ort/library.js', async (original) => {
  const library = await original<typeof import('../packages/kernels/src/ort/library.js')>();
  const { folderWithCuda, mockCuda, mockedLibrary } = await import(
    '../packages/kernels/src/ort/mock-library.test.support.js'
  );
  return {
    ...library,
    loadLibrary: async (...given: Parameters<typeof library.loadLibrary>) => {
      const loaded = await library.loadLibrary(...given);
      mock.folder = folderWithCuda();
      mock.cuda = mockCuda(loaded);
      Object.assign(mock.mocks, mock.cuda.mocks);
      return { ...mockedLibrary(loaded, mock.mocks), path: path.join(mock.folder, 'libonnxruntime.so.1') };
    },
  };
});

async function filled(model: MariaModel, text: string, seed: number): Promise<string> {
  const events = infill(model, text, { temperature: 1, seed });
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value.samples[0]!.text;
  }
}

const text = 'The [MASK] ran to the [MASK*2], and the old man said: "[MASK*3]."';
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe.skipIf(!['linux', 'win32'].includes(process.platform))('the embedded pair on a mock of CUDA', () => {
  let model: MariaModel;
  let expected: readonly string[];
  beforeAll(async () => {
    const onCpu = await loadModel({ device: 'cpu' });
    expected = [];
    for (const seed of seeds) expected = [...expected, await filled(onCpu, text, seed)];
    onCpu.dispose();
    model = await loadModel({ device: 'cuda', lanes: 4 });
  });
  afterAll(() => {
    model.dispose();
    rmSync(mock.folder, { recursive: true });
  });

  it('has its caches there, and fills as on the CPU', async () => {
    expect(mock.cuda!.memory.length).toBeGreaterThan(0);
    const rows = vi.spyOn(model.head, 'arLogits');
    expect(await Promise.all(seeds.map((seed) => filled(model, text, seed)))).toEqual(expected);
    // Shortlists came down, and no row of logits.
    expect(rows).not.toHaveBeenCalled();
    rows.mockRestore();
  });

  it('lets one request know that memory is short, and goes on with the others', async () => {
    const { cuda, mocks } = mock;
    const ids = new Map<unknown, number>();
    mocks.BindInput = (real, binding, name, value) => {
      if (name === 'ids') ids.set(binding, cuda!.sizeOf(value));
      return real(binding, name, value);
    };
    // Room for the activations of 120 tokens.
    mocks.RunWithBinding = (real, session, options, binding) =>
      (ids.get(binding) ?? 0) > 4 * 120
        ? failing('Available memory of 4096 is smaller than requested bytes of 1048576')
        : real(session, options, binding);
    const long = `${'Once upon a time there was a little dog. '.repeat(20)}${text}`;
    const [first, tooLong, second] = await Promise.allSettled(
      [text, long, text].map((each, seed) => filled(model, each, seed)),
    );
    expect(tooLong).toMatchObject({
      status: 'rejected',
      reason: { code: 'out-of-memory', exitStatus: 5, try: expect.stringContaining('fewer texts') },
    });
    expect(first).toEqual({ status: 'fulfilled', value: expected[0] });
    expect(second).toEqual({ status: 'fulfilled', value: expected[2] });
    delete mocks.RunWithBinding;
    await expect(filled(model, long, 0)).resolves.toContain('little dog');
    await expect(filled(model, text, 3)).resolves.toBe(expected[3]);
  });

  it('trains a head there, which is saved, gone on with elsewhere, and the same as on the CPU', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'maria-mock-cuda-'));
    const data = path.join(folder, 'stories.txt');
    writeFileSync(data, `${'Once upon a time there was a little dog. It ran to the old man. '.repeat(30)}\n`);
    const pair = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
    const trained = async (name: string, device: DeviceChoice, steps: number, resume = false) => {
      const run = await openTraining({
        ...(resume ? {} : { ...pair, data: [fileSource(data)], evalData: [fileSource(data)] }),
        out: path.join(folder, name),
        settings: { ...(!resume && { window: 24, batch: 2, evalWindows: 4, evalEvery: 2 }), steps },
        resume,
        device,
        threads: 1,
      });
      const losses: number[] = [];
      for await (const event of runTraining(run))
        if (event.type === 'step') losses.push(event.record.loss, event.record.evalLoss ?? 0);
      const head = structuredClone(await run.trainer.head());
      run.dispose();
      return { losses, head: [...head.ar, ...head.mlm, ...head.bias] };
    };
    const copied = vi.fn();
    mock.mocks.BindInput = (real, ...given) => {
      if (given[1] === 'from') copied();
      return real(...given);
    };
    await trained('run', 'cuda', 2);
    delete mock.mocks.BindInput;
    // Values, moments and gradients up; values and moments down for a state.
    expect(copied.mock.calls.length).toBeGreaterThanOrEqual(7 * 3);
    const own = await trained('run', 'cuda', 4, true);
    const other = await trained('other', 'cpu', 2).then(() => trained('other', 'cpu', 4, true));
    expect(own.losses.length).toBeGreaterThan(2);
    expect(maxDifference(own.losses, other.losses)).toBeLessThan(1e-5);
    expect(maxDifference(own.head, other.head)).toBeLessThan(1e-5);
    rmSync(folder, { recursive: true });
  });

  it('computes in float16, weights and caches too, and mostly fills the same', async () => {
    const half = await loadModel({ device: 'cuda', dtype: 'float16', lanes: 4 });
    expect(half.ar.cacheBytes).toBe(model.ar.cacheBytes / 2);
    const texts = await Promise.all(seeds.map((seed) => filled(half, text, seed)));
    expect(texts.filter((each, i) => each === expected[i]).length).toBeGreaterThanOrEqual(15);
    half.dispose();
    for (const given of [{ device: 'cpu' }, { backend: 'reference' }, {}] as const)
      await expect(loadModel({ ...given, dtype: 'float16' })).rejects.toMatchObject({
        code: 'dtype-unfit',
        exitStatus: 2,
      });
    await expect(loadModel({ device: 'webgpu', dtype: 'bfloat16' })).rejects.toMatchObject({
      code: 'dtype-unfit',
      message: 'Cannot compute in bfloat16 on "webgpu:0": it has float32, float16 only.',
      facts: { dtypes: ['float32', 'float16'] },
    });
    await expect(loadModel({ device: 'cpu', kvCache: 'bfloat16' })).rejects.toMatchObject({
      code: 'kv-cache-unsupported',
      message: 'Cannot hold the KV cache as bfloat16: the device "cpu" has float32 and float16 only.',
    });
  });

  const models = [
    'models/olmo',
    'models/gpt2',
    'models/modernbert',
    `${familyGoldens}models/gemma2`,
    `${familyGoldens}models/eurobert_gqa`,
  ];
  /** Of the largest, from half of a last bit up to some. */
  const roundings = { float16: [2 ** -12, 2 ** -7], bfloat16: [2 ** -9, 2 ** -4] } as const;
  const cases = models.flatMap((name) =>
    (['float16', 'bfloat16'] as const).map((dtype) => [name, dtype] as const),
  );

  it.each(cases)(
    'computes the hidden states of %s in %s as in float32, but for its roundings',
    async (name, dtype) => {
      const { mocks } = mock;
      // No processor has kernels of bfloat16.
      if (dtype === 'bfloat16')
        mocks.CreateSessionFromArray = (real, env, model, _, options, cell) => {
          const rounded = roundedToBfloat16(model as Uint8Array);
          return real(env, rounded, rounded.length, options, cell);
        };
      const backend = await chooseBackend({ device: 'cuda', dtype });
      const { config, weights } = openCheckpoint(`${goldenFolder}${name}`);
      const architecture = readArchitecture(config, name);
      const golden = openGoldenTensors(`${name.replace('models/', 'goldens/')}.safetensors`);
      const [ids, expected] = [golden.ints('long.ids'), golden.floats('long.hidden')];
      const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const hidden = async () => {
        if (architecture.kind === 'causal') {
          const part = tracePart(architecture, weights, { storage: dtype });
          const causal = await createCausalModel(backend, part);
          const { data } = await laneOf(causal, 0).extend(ids);
          return [data.slice(), () => causal.dispose()] as const;
        }
        const masked = await createMaskedModel(backend, tracePart(architecture, weights));
        const [{ data }] = (await masked.encode([ids])) as [Matrix];
        return [data.slice(), () => masked.dispose()] as const;
      };
      const [data, dispose] = await hidden();
      const [least, most] = roundings[dtype];
      expect(maxDifference(data, expected) / largest).toBeLessThan(most);
      expect(maxDifference(data, expected) / largest).toBeGreaterThan(least);
      dispose();
      delete mocks.CreateSessionFromArray;
    },
  );

  it('is not loaded where nodes of it would be computed on the CPU', async () => {
    mock.cuda!.isPlacedOnCpu = true;
    await expect(loadModel({ device: 'cuda' })).rejects.toMatchObject({ code: 'device-lacks-kernels' });
    mock.cuda!.isPlacedOnCpu = false;
  });
});
