// The backend ort on WebGPU, over Vulkan in software: goldens, texts, lanes, speculation, quantised weights, interrupts.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, openCheckpoint } from '@maria/checkpoints';
import {
  type Backend,
  createCausalModel,
  createMaskedModel,
  type InfillOptions,
  infill,
  input,
  int8Limits,
  laneOf,
  type MariaModel,
  type Matrix,
  ops,
  readArchitecture,
  teacherForcedLogits,
  trace,
  tracePart,
  weightsInMemory,
} from '@maria/core';
import { chooseBackend, int8Limit, loadKoffi } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const tolerance = 1e-4;

describe.skipIf(!existsSync(driver) || !existsSync(vulkan))('webgpu, by the driver of Chromium', () => {
  let backend: Backend;
  /** The library is found by its name while something holds it. */
  let held: unknown;
  const cache = mkdtempSync(join(tmpdir(), 'maria-webgpu-'));
  beforeAll(async () => {
    Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, MARIA_CACHE: cache });
    held = (await loadKoffi()).load(vulkan);
    backend = await chooseBackend({ device: 'webgpu', threads: 1 });
  });
  afterAll(() => {
    expect(held).toBeDefined();
    rmSync(cache, { recursive: true });
  });

  function open(name: string, options = {}) {
    const { weights, config } = openCheckpoint(`${goldenFolder}${name}`);
    const architecture = readArchitecture(config, 'config.json');
    return { architecture, part: () => tracePart(architecture as never, weights, options) };
  }
  const copy = ({ data }: Matrix) => Array.from(data);

  it.each(['models/olmo', 'models/gpt2', 'models/llama', `${familyGoldens}models/gemma2`])(
    '%s in lanes, in chunks and cut back, as PyTorch has it',
    async (name) => {
      const golden = openGoldenTensors(`${name.replace('models/', 'goldens/')}.safetensors`);
      const ids = golden.ints('mid.ids');
      const expected = golden.floats('mid.hidden');
      const model = await createCausalModel(backend, open(name, { capacity: ids.length, lanes: 2 }).part());
      const width = expected.length / ids.length;
      const read = async (lane: number, start: number, end: number) => {
        const rows = copy(await laneOf(model, lane).extend(ids.subarray(start, end)));
        expect(maxDifference(rows, expected.subarray(start * width, end * width))).toBeLessThan(tolerance);
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

  it.each(['models/modernbert'])('%s, two sequences in a pass', async (name) => {
    const golden = openGoldenTensors(`${name.replace('models/', 'goldens/')}.safetensors`);
    const model = await createMaskedModel(backend, open(name).part());
    const sequences = ['short', 'mid'];
    const encoded = await model.encode(sequences.map((sequence) => golden.ints(`${sequence}.ids`)));
    encoded.forEach(({ data }, i) => {
      expect(maxDifference(data, golden.floats(`${sequences[i]}.hidden`))).toBeLessThan(tolerance);
    });
    model.dispose();
  });

  describe('a pair', () => {
    const golden = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
    const tensors = openGoldenTensors('pairs/olmo+modernbert.safetensors');
    const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
    const load = (options: object) =>
      loadModel({ ...folders, arPrefix: 'none', mlmTemplate: 'none', threads: 1, lanes: 4, ...options });
    const gaps = golden.cases.random50!.masked_ids.slice(0, 12);

    async function fill(model: MariaModel, options: InfillOptions = {}) {
      const run = infill(model, gaps, options);
      let next = await run.next();
      while (!next.done) next = await run.next();
      return next.value.samples.map(({ ids }) => ids);
    }
    const fillSeeds = (model: MariaModel, options: InfillOptions = {}) =>
      Promise.all(Array.from({ length: 20 }, (_, seed) => fill(model, { temperature: 1, seed, ...options })));

    let onDevice: MariaModel;
    let onCpu: MariaModel;
    beforeAll(async () => {
      // Rows of devices are not exact; to find that out takes as long as all of this.
      onDevice = await load({ device: 'webgpu', rowsAreExact: false });
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

    it('fills as the CPU does with 20 seeds, side by side and with drafts', async () => {
      const expected = await fillSeeds(onCpu);
      expect(new Set(expected.map(String)).size).toBeGreaterThan(10);
      expect(await fillSeeds(onDevice)).toEqual(expected);
      expect(await fillSeeds(onDevice, { speculate: 3 })).toEqual(expected);
    });
  });
});
