// Families against their PyTorch goldens on every backend: hidden states, logits, and the KV cache.
import { readdirSync } from 'node:fs';
import { openCheckpoint, readJsonObject } from '@maria/checkpoints';
import {
  type Architecture,
  type Backend,
  createCausalModel,
  createMaskedModel,
  familyNames,
  float32,
  headHalf,
  laneOf,
  type Matrix,
  readArchitecture,
  referenceBackend,
  tracePart,
  Weights,
} from '@maria/core';
import { backendNames, chooseBackend } from '@maria/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { heldToReference } from './backends.js';
import { goldenFolder, maxDifference, openGoldenTensors } from './golden-files.js';
import { randomWeights } from './random-weights.js';

/** Families whose numbers PyTorch made: every folder there is tested. */
const goldens = readdirSync(`${goldenFolder}models`);
const goldensOf = (kind: Architecture['kind']) =>
  goldens.filter((name) => openModel(name, 'config.json').architecture.kind === kind);

/** The others are checked against plain arithmetic, in packages/core/src/models. */
const checkedByHand: Readonly<Record<string, string>> = {
  olmo2: 'olmo2.test.ts',
  gpt_neox: 'gpt_neox.test.ts',
  qwen2: 'qwen.test.ts',
  qwen3: 'qwen.test.ts',
  bert: 'bert.test.ts',
  distilbert: 'distilbert.test.ts',
  electra: 'bert.test.ts',
};

it.each(familyNames)('%s has numbers to be checked against', (name) => {
  expect([...goldens, ...Object.keys(checkedByHand)]).toContain(name);
});

const sequences = ['short', 'mid', 'long'];
const tolerance = 1e-4;

function openModel(name: string, configFile: string) {
  const { folder, weights } = openCheckpoint(`${goldenFolder}models/${name}`);
  return { weights, architecture: readArchitecture(readJsonObject(`${folder}/${configFile}`), configFile) };
}

/** Logits of hidden states, on the backend that is tested. */
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

describe.each(backendNames)('%s', (choice) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: choice });
  });

  describe.each(['config.json', 'config.legacy.json'])('with %s', (configFile) => {
    describe.each(goldensOf('causal'))('%s', (name) => {
      it.each(sequences)('%s at once and through the cache', async (sequence) => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'causal') throw new Error(`${name} is causal`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const ids = golden.ints(`${sequence}.ids`);
        const running = await createCausalModel(backend, tracePart(model.architecture, model.weights));
        const hidden = copy(await laneOf(running, 0).extend(ids));
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        const logits = await logitsOf(backend, model, hidden);
        expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);

        running.truncate(0, 0);
        const parts: number[] = [];
        const chunks = [
          [0, 1],
          [1, 4],
          [4, 11],
          [11, ids.length],
        ] as const;
        for (const [start, end] of chunks) {
          const chunk = ids.subarray(start, end);
          if (chunk.length > 0) parts.push(...(await laneOf(running, 0).extend(chunk)).data);
        }
        const incremental = golden.floats(`${sequence}.hidden_incremental`);
        expect(maxDifference(parts, incremental)).toBeLessThan(tolerance);
        running.dispose();
      });
    });

    describe.each(goldensOf('masked'))('%s', (name) => {
      it.each(sequences)('%s', async (sequence) => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'masked') throw new Error(`${name} is masked`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const running = await createMaskedModel(backend, tracePart(model.architecture, model.weights));
        const hidden = copy((await running.encode([golden.ints(`${sequence}.ids`)]))[0]!);
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        const logits = await logitsOf(backend, model, hidden);
        expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);
        running.dispose();
      });

      it('several sequences in one pass', async () => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'masked') throw new Error(`${name} is masked`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const running = await createMaskedModel(backend, tracePart(model.architecture, model.weights));
        const read = ['short', 'mid', 'short', 'long', 'mid'];
        const encoded = await running.encode(read.map((sequence) => golden.ints(`${sequence}.ids`)));
        encoded.forEach(({ data }, i) => {
          expect(maxDifference(data, golden.floats(`${read[i]}.hidden`))).toBeLessThan(tolerance);
        });
        running.dispose();
      });
    });
  });
});

function randomModel(modelType: string) {
  const architecture = readArchitecture(smallConfig(modelType), 'config.json');
  return { architecture, weights: randomWeights(architecture) };
}

describe.each(heldToReference)('%s computes what the reference computes', (choice) => {
  const ids = Int32Array.from({ length: 20 }, (_, i) => (7 * i + 2) % 23);

  it.each(familyNames)('%s', async (modelType) => {
    const { architecture, weights } = randomModel(modelType);
    const results: number[][] = [];
    for (const backend of [referenceBackend(), await chooseBackend({ backend: choice })]) {
      if (architecture.kind === 'masked') {
        const running = await createMaskedModel(backend, tracePart(architecture, weights));
        results.push([...(await running.encode([ids]))[0]!.data]);
        running.dispose();
      } else {
        const running = await createCausalModel(backend, tracePart(architecture, weights, { capacity: 24 }));
        const parts: number[] = [];
        for (const [start, end] of [
          [0, 1],
          [1, 9],
          [9, 20],
        ] as const)
          parts.push(...(await laneOf(running, 0).extend(ids.subarray(start, end))).data);
        results.push(parts);
        running.dispose();
      }
    }
    expect(maxDifference(results[1]!, results[0]!)).toBeLessThan(2e-5);
  });
});
