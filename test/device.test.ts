// The backend ort on a device, which is WebGPU over Vulkan in software or what MARIA_TEST_DEVICE names: goldens, texts, lanes, speculation, quantised weights, interrupts.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, openCheckpoint } from '@maria/checkpoints';
import {
  type Backend,
  blockSize,
  blocksInMemory,
  channelsInMemory,
  createCausalModel,
  createHeadTrainer,
  createMaskedModel,
  dequantizeBlocks,
  evaluate,
  float32,
  type InfillOptions,
  infill,
  input,
  laneOf,
  type MariaModel,
  ops,
  randomHead,
  randomKey,
  readArchitecture,
  teacherForcedLogits,
  trace,
  tracePart,
  weight,
  weightsInMemory,
} from '@maria/core';
import {
  chooseBackend,
  type DeviceChoice,
  int8Limit,
  loadKoffi,
  readDeviceChoice,
  theCpu,
} from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  familyGoldens,
  type GoldenPair,
  goldenFolder,
  maxDifference,
  openGoldenTensors,
  readGoldenJson,
} from './golden-files.js';

/** What Debian's Chromium brings for machines without a graphics card: a driver of Vulkan, and what loads drivers. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkan = '/usr/lib/chromium/libvulkan.so.1';

/** One of this machine, by the drivers that it has; it is never skipped. */
const named = process.env.MARIA_TEST_DEVICE as DeviceChoice | undefined;
const device = named ?? 'webgpu';
const { kind } = readDeviceChoice(device) ?? theCpu;
const isMissing = named === undefined && !(existsSync(driver) && existsSync(vulkan));

const tolerance = 1e-4;

describe.skipIf(isMissing)(named ?? 'webgpu, by the driver of Chromium', () => {
  let backend: Backend;
  /** The library is found by its name while something holds it. */
  let held: unknown;
  let cache: string;
  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'maria-device-'));
    process.env.MARIA_CACHE = cache;
    if (named === undefined) {
      Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver });
      held = (await loadKoffi()).load(vulkan);
    }
    backend = await chooseBackend({ device, threads: 1 });
  });
  afterAll(() => {
    if (named === undefined) expect(held).toBeDefined();
    rmSync(cache, { recursive: true });
  });

  function open(name: string) {
    const { weights, config } = openCheckpoint(`${goldenFolder}${name}`);
    return { weights, architecture: readArchitecture(config, 'config.json') };
  }

  it.each(['models/olmo', 'models/gpt2', 'models/llama', `${familyGoldens}models/gemma2`])(
    '%s in lanes, in chunks and cut back, as PyTorch has it',
    async (name) => {
      const golden = openGoldenTensors(`${name.replace('models/', 'goldens/')}.safetensors`);
      const ids = golden.ints('mid.ids');
      const expected = golden.floats('mid.hidden');
      const { architecture, weights } = open(name);
      if (architecture.kind !== 'causal') throw new Error(`${name} is causal`);
      const part = tracePart(architecture, weights, { capacity: ids.length, lanes: 2 });
      const model = await createCausalModel(backend, part);
      const width = expected.length / ids.length;
      const read = async (lane: number, start: number, end: number) => {
        const { data } = await laneOf(model, lane).extend(ids.subarray(start, end));
        expect(maxDifference(data, expected.subarray(start * width, end * width))).toBeLessThan(tolerance);
      };
      await read(0, 0, 1);
      await read(0, 1, ids.length);
      model.truncate(0, 2);
      await model.copy(0, 1, 2);
      const both = await model.extend([
        { lane: 1, ids: ids.subarray(2, 4) },
        { lane: 0, ids: ids.subarray(2, 3) },
      ]);
      const rows = (start: number, end: number) => Array.from(expected.subarray(start * width, end * width));
      expect(maxDifference(both.data, [...rows(2, 4), ...rows(2, 3)])).toBeLessThan(tolerance);
      model.dispose();
    },
  );

  it('modernbert, two sequences in a pass', async () => {
    const golden = openGoldenTensors('goldens/modernbert.safetensors');
    const { architecture, weights } = open('models/modernbert');
    if (architecture.kind !== 'masked') throw new Error('modernbert is masked');
    const model = await createMaskedModel(backend, tracePart(architecture, weights));
    const sequences = ['short', 'mid'];
    const encoded = await model.encode(sequences.map((sequence) => golden.ints(`${sequence}.ids`)));
    encoded.forEach(({ data }, i) => {
      expect(maxDifference(data, golden.floats(`${sequences[i]}.hidden`))).toBeLessThan(tolerance);
    });
    model.dispose();
  });

  it.each(['int4', 'int8'] as const)('multiplies with weights of %s as the reference does', async (dtype) => {
    const [inputs, outputs] = [96, 40];
    const program = trace({ y: ops.linear(input('x', ['rows', inputs]), weight('w', [outputs, inputs])) });
    const bytes = Uint8Array.from({ length: inputs * outputs }, (_, i) => 131 * (i % 977));
    const most = dtype === 'int8' ? await int8Limit(backend) : 0;
    const scales = Float32Array.from(
      { length: (inputs * outputs) / blockSize },
      (_, i) => 0.01 * ((i % 7) - 3.5),
    );
    const seen = { name: 'w', shape: [outputs, inputs], axis: 1 } as const;
    const w =
      dtype === 'int4'
        ? blocksInMemory(seen, bytes.subarray(bytes.length / 2), scales)
        : channelsInMemory(
            seen,
            new Int8Array(bytes.buffer).map((byte) => Math.max(-most, Math.min(most, byte))),
            scales.subarray(0, outputs),
          );
    const values = new Float32Array(inputs * outputs);
    if (dtype === 'int4') dequantizeBlocks(bytes.subarray(bytes.length / 2), scales, values);
    const weights = { names: () => ['w'], get: () => w, read: () => values };
    const executable = await backend.compile(program, weights);
    for (const rows of [1, 5]) {
      // Integers up to 127 in each block: where inputs are rounded to 8 bits, nothing is lost.
      const x = float32(
        Float32Array.from({ length: rows * inputs }, (_, i) => (i % 32 === 7 ? 127 : ((37 * i) % 200) - 100)),
        [rows, inputs],
      );
      const { data } = (await executable.run({ x })).y!;
      expect(maxDifference(data, evaluate(program, { x }, weights).y!.data)).toBeLessThan(0.01);
    }
    executable.dispose();
  });

  it.skipIf(kind === 'cpu')('sums the largest integers of int8 as they are', async () => {
    expect(await int8Limit(backend)).toBe(127);
  });

  it.runIf(kind === 'webgpu')('computes nothing on the CPU in its place', async () => {
    const program = trace({ y: ops.sin(input('angles', ['n'])) });
    await expect(backend.compile(program, weightsInMemory({}))).rejects.toMatchObject({
      code: 'device-lacks-kernels',
      message: expect.stringContaining('no kernel for Sin'),
    });
  });

  it('trains a head as the CPU does, whose arrays wait until they are asked for', async () => {
    const V = 97;
    const sizes = { ar: 24, mlm: 16 };
    const key = randomKey(5);
    const normals = (rows: number, columns: number, stream: number) => ({
      rows,
      columns,
      data: Float32Array.from({ length: rows * columns }, (_, i) => key.normal(stream, i)),
    });
    const tokens = 29;
    const rows = {
      ar: normals(tokens, sizes.ar, 0),
      mlm: normals(tokens, sizes.mlm, 1),
      targets: Int32Array.from({ length: tokens }, (_, i) => (i * 31) % V),
    };
    const train = async (backend: Backend) => {
      const head = randomHead(sizes, V, 3);
      // Blocks of two lengths, chunks whose gradients are summed, and a norm that is cut.
      const options = { head, chunk: 16, blockRows: 33, clip: 1, optimizer: { weightDecay: 0.1 } };
      const trainer = await createHeadTrainer(backend, options);
      const measured: number[] = [];
      // What broke off leaves nothing in the sum that follows.
      await trainer.accumulate(rows);
      const stopped = trainer.accumulate(rows);
      trainer.interrupt();
      await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
      for (let step = 0; step < 3; step++) {
        measured.push(...(await trainer.accumulate(rows)));
        measured.push(await trainer.update(0.01));
      }
      const before = head.ar.slice();
      const trained = await trainer.head();
      const { second } = await trainer.moments();
      trainer.dispose();
      return {
        measured,
        before,
        values: [...trained.ar, ...trained.mlm, ...trained.bias],
        second: second.ar,
      };
    };
    const [own, expected] = [await train(backend), await train(await chooseBackend({ threads: 1 }))];
    expect(maxDifference(own.measured, expected.measured)).toBeLessThan(1e-5);
    expect(maxDifference(own.values, expected.values)).toBeLessThan(1e-5);
    expect(maxDifference(own.second, expected.second)).toBeLessThan(1e-8);
    if (kind !== 'cpu') expect(own.before).toEqual(randomHead(sizes, V, 3).ar);
  });

  describe('a pair', () => {
    const golden = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
    const tensors = openGoldenTensors('pairs/olmo+modernbert.safetensors');
    const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
    // More lanes than kernels of WebGPU have buffers.
    const load = (options: object) =>
      loadModel({ ...folders, arPrefix: 'none', mlmTemplate: 'none', threads: 1, lanes: 12, ...options });
    const gaps = golden.cases.random50!.masked_ids.slice(0, 7);

    async function fill(model: MariaModel, options: InfillOptions = {}) {
      const run = infill(model, gaps, options);
      let next = await run.next();
      while (!next.done) next = await run.next();
      return next.value.samples.map(({ ids }) => ids);
    }
    const fillSeeds = (model: MariaModel, seeds: number, options: InfillOptions = {}) =>
      Promise.all(
        Array.from({ length: seeds }, (_, seed) => fill(model, { temperature: 1, seed, ...options })),
      );

    let onDevice: MariaModel;
    let onCpu: MariaModel;
    beforeAll(async () => {
      // Rows of devices are not exact; to find that out takes as long as all of this.
      onDevice = await load({ device, rowsAreExact: false });
      onCpu = await load({ device: 'cpu' });
    });
    afterAll(() => {
      onDevice.dispose();
      onCpu.dispose();
    });

    it('has the logits of PyTorch', async () => {
      const { ids, masked } = golden.cases.span!;
      const logits: number[] = [];
      for await (const row of teacherForcedLogits(onDevice, Int32Array.from(ids), masked, { chunk: 64 }))
        logits.push(...row);
      expect(maxDifference(logits, tensors.floats('span.poe.logits'))).toBeLessThan(tolerance);
    });

    it('fills as the CPU does with 20 seeds, side by side and with drafts, and leaves logits where they are', async () => {
      const whole = [vi.spyOn(onDevice.head!, 'arLogits'), vi.spyOn(onDevice.head!, 'mlmLogits')];
      const expected = await fillSeeds(onCpu, 20);
      expect(new Set(expected.map(String)).size).toBeGreaterThan(10);
      expect(await fillSeeds(onDevice, 20)).toEqual(expected);
      expect(await fillSeeds(onDevice, 6, { speculate: 2 })).toEqual(expected.slice(0, 6));
      const rows = whole.flatMap(({ mock }) => mock.calls.map(([hidden]) => hidden.rows));
      for (const spy of whole) spy.mockRestore();
      expect(rows.reduce((total, count) => total + count, 0)).toBeLessThan(0.05 * 26 * gaps.length);
    });

    it.each<InfillOptions>([
      { temperature: 0 },
      { temperature: 0.8, topK: 5 },
      { temperature: 0.7, topP: 0.8 },
    ])('chooses as the CPU does: %j', async (options) => {
      expect(await fillSeeds(onDevice, 3, options)).toEqual(await fillSeeds(onCpu, 3, options));
    });

    it('has the logits of the CPU with weights of int4, but for the rounding of inputs', async () => {
      const logitsOn = async (where: DeviceChoice) => {
        const model = await load({ device: where, quantize: 'int4', rowsAreExact: false });
        const logits: number[] = [];
        for await (const row of teacherForcedLogits(
          model,
          Int32Array.from(golden.cases.span!.ids.slice(0, 9)),
          [4, 7],
        ))
          logits.push(...row);
        model.dispose();
        return logits;
      };
      const [own, expected] = [await logitsOn(device), await logitsOn('cpu')];
      expect(maxDifference(own, expected)).toBeLessThan(0.1);
    });

    it('hears an interrupt, in a pass and in the wait for one, and goes on', async () => {
      const passes = [
        onDevice.mlm.encode([Int32Array.of(3, 4, 5)]),
        onDevice.ar.extend([{ lane: 1, ids: Int32Array.of(3, 4, 5) }]),
      ];
      onDevice.interrupt();
      for (const pass of await Promise.allSettled(passes))
        expect(pass).toMatchObject({ reason: { code: 'interrupted' } });
      expect(await fill(onDevice)).toEqual(await fill(onCpu));
    });

    it.skipIf(kind === 'cpu')(
      'refuses an id that is in no table, which kernels of devices do not',
      async () => {
        await expect(onDevice.mlm.encode([Int32Array.of(1, 5000)])).rejects.toMatchObject({
          code: 'run-failed',
        });
        await expect(laneOf(onDevice.ar, 0).extend(Int32Array.of(-1))).rejects.toMatchObject({
          code: 'run-failed',
        });
      },
    );
  });
});
