// Every backend against the PyTorch goldens: hidden states, logits, MARIA logits, log-likelihoods, greedy fills.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Alignment,
  type Backend,
  createCausalModel,
  createMaskedModel,
  float32,
  headHalf,
  infill,
  type MariaModel,
  type Matrix,
  readArchitecture,
  score,
  teacherForcedLogits,
  Weights,
} from '@maria/core';
import {
  type BackendChoice,
  chooseBackend,
  loadModel,
  openCheckpoint,
  readJsonObject,
  writeMariaCheckpoint,
} from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type GoldenPair,
  goldenFolder,
  maxDifference,
  openGoldenTensors,
  readGoldenJson,
} from './golden-files.js';

vi.mock('@tensorflow/tfjs-node-gpu', () => import('./tfjs-on-cpu.js'));

const backends: BackendChoice[] = ['reference', 'ort', 'ort-node', 'tfjs'];
const sequences = ['short', 'mid', 'long'];
const tolerance = 1e-4;

function openModel(name: string, configFile = 'config.json') {
  const checkpoint = openCheckpoint(`${goldenFolder}models/${name}`);
  const config = readJsonObject(`${checkpoint.folder}/${configFile}`);
  return { weights: checkpoint.weights, architecture: readArchitecture(config, configFile) };
}

/** Logits of hidden states on the backend that is tested. */
async function logitsOf(
  backend: Backend,
  { weights, architecture }: ReturnType<typeof openModel>,
  hidden: Matrix,
) {
  const { vocabularySize, hiddenSize } = architecture.sizes;
  const names = new Weights(weights, architecture.tensorNames);
  const { weight, bias } = architecture.outputEmbedding;
  const half = {
    source: weights,
    weight: names.resolve(weight)!,
    bias: bias && names.resolve(bias),
    hiddenSize,
  };
  const executable = await backend.compile(headHalf(vocabularySize, half), weights);
  const { logits } = await executable.run({ hidden: float32(hidden.data, [hidden.rows, hidden.columns]) });
  const data = Float32Array.from(logits!.data);
  executable.dispose();
  return data;
}

const copy = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.slice() });

describe.each(backends)('%s', (choice) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: choice });
  });

  describe.each(['config.json', 'config.legacy.json'])('with %s', (configFile) => {
    it.each(sequences)(
      'olmo: hidden states and logits of %s, at once and through the cache',
      async (sequence) => {
        const model = openModel('olmo', configFile);
        if (model.architecture.kind !== 'causal') throw new Error('olmo is causal');
        const golden = openGoldenTensors('goldens/olmo.safetensors');
        const ids = golden.ints(`${sequence}.ids`);
        const running = await createCausalModel(backend, model.architecture, model.weights);
        const hidden = copy(await running.extend(ids));
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        expect(
          maxDifference(await logitsOf(backend, model, hidden), golden.floats(`${sequence}.logits`)),
        ).toBeLessThan(tolerance);

        running.truncate(0);
        const parts: number[] = [];
        for (const [start, end] of [
          [0, 1],
          [1, 4],
          [4, 11],
          [11, ids.length],
        ] as const) {
          if (start < end && start < ids.length)
            parts.push(...(await running.extend(ids.subarray(start, end))).data);
        }
        expect(maxDifference(parts, golden.floats(`${sequence}.hidden_incremental`))).toBeLessThan(tolerance);
        running.dispose();
      },
    );

    it.each(sequences)('modernbert: hidden states and logits of %s', async (sequence) => {
      const model = openModel('modernbert', configFile);
      if (model.architecture.kind !== 'masked') throw new Error('modernbert is masked');
      const golden = openGoldenTensors('goldens/modernbert.safetensors');
      const running = await createMaskedModel(backend, model.architecture, model.weights);
      const hidden = copy(await running.encode(golden.ints(`${sequence}.ids`)));
      expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
      expect(
        maxDifference(await logitsOf(backend, model, hidden), golden.floats(`${sequence}.logits`)),
      ).toBeLessThan(tolerance);
      running.dispose();
    });
  });
});

const pair = readGoldenJson<GoldenPair>('pairs/olmo+modernbert.json');
const pairTensors = openGoldenTensors('pairs/olmo+modernbert.safetensors');
const noAlignment: Alignment = { arPrefix: [], mlmPrefix: [], mlmSuffix: [] };

// The kernels in JavaScript take seconds for each text.
const heads = { all: ['poe', 'other'], tfjs: ['other'] } as const;
const cases = { all: Object.entries(pair.cases), tfjs: Object.entries(pair.cases).slice(0, 1) };

describe.each(backends)('olmo+modernbert on %s', (backend) => {
  const extent = backend === 'tfjs' ? 'tfjs' : 'all';
  describe.each(heads[extent])('head %s', (headName) => {
    let model: MariaModel;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'maria-golden-'));
      const folders = { ar: `${goldenFolder}models/olmo`, mlm: `${goldenFolder}models/modernbert` };
      if (headName === 'poe') {
        model = await loadModel({ ...folders, backend, arPrefix: 'none', mlmTemplate: 'none' });
      } else {
        await writeMariaCheckpoint(folder, {
          head: splitHead('other'),
          alignment: noAlignment,
          ar: openCheckpoint(folders.ar),
          mlm: openCheckpoint(folders.mlm),
        });
        model = await loadModel({ model: folder, backend });
      }
    });
    afterAll(async () => {
      model.dispose();
      await rm(folder, { recursive: true });
    });

    it.each(cases[extent])('%s: logits, log-likelihoods and greedy ids', async (name, golden) => {
      const ids = Int32Array.from(golden.ids);
      const expected = pairTensors.floats(`${name}.${headName}.logits`);
      const logits: number[] = [];
      for await (const row of teacherForcedLogits(model, ids, golden.masked, { chunk: 7 }))
        logits.push(...row);
      expect(maxDifference(logits, expected)).toBeLessThan(tolerance);

      const numbers = golden[headName];
      const scored = await score(model, golden);
      expect(Math.abs(scored.logLikelihood - numbers.loglik)).toBeLessThan(1e-3);
      expect(maxDifference(scored.perToken, numbers.loglik_per_position)).toBeLessThan(1e-3);
      const suppressed = await score(model, golden, { suppressSpecial: true });
      expect(Math.abs(suppressed.logLikelihood - numbers.loglik_suppressed)).toBeLessThan(1e-3);

      const run = infill(model, golden.masked_ids);
      let next = await run.next();
      while (!next.done) next = await run.next();
      expect(next.value.samples[0]!.ids).toEqual(numbers.greedy_suppressed);
      expect(next.value.passes).toEqual({ mlm: 1, ar: golden.masked.length });
    });
  });
});

/** W3 [V, dAR + dMLM] and bias [V] of the golden, as the two halves that a checkpoint holds. */
function splitHead(name: 'poe' | 'other') {
  const [V, columns] = pairTensors.shape(`${name}.W3`) as [number, number];
  const W3 = pairTensors.floats(`${name}.W3`);
  const part = (start: number, end: number) => {
    const matrix = new Float32Array(V * (end - start));
    for (let i = 0; i < V; i++)
      matrix.set(W3.subarray(i * columns + start, i * columns + end), i * (end - start));
    return matrix;
  };
  const dAr = 64;
  return {
    vocabularySize: V,
    ar: part(0, dAr),
    mlm: part(dAr, columns),
    bias: pairTensors.floats(`${name}.bias`),
  };
}
