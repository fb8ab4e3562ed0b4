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
import {
  familyGoldens,
  goldenFolder,
  goldenTrees,
  maxDifference,
  openGoldenTensors,
} from './golden-files.js';
import { randomWeights } from './random-weights.js';

/** Models whose numbers PyTorch made, as paths: every folder there is tested. */
const goldens = goldenTrees.flatMap((tree) =>
  readdirSync(`${goldenFolder}${tree}models`).map((name) => `${tree}models/${name}`),
);
const isLater = (model: string) => model.startsWith(familyGoldens);
const kindOf = (model: string) => openModel(model).architecture.kind;
const goldensOf = (kind: Architecture['kind']) => goldens.filter((model) => kindOf(model) === kind);

/** The files that say the same in the words of another version of transformers. */
const otherSpellings = goldens.flatMap((model) =>
  readdirSync(goldenFolder + model)
    .filter((file) => /^config\..+\.json$/.test(file))
    .map((file) => ({ model, file })),
);

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
  const tested = goldens.map((model) => openModel(model).architecture.modelType);
  expect([...tested, ...Object.keys(checkedByHand)]).toContain(name);
});

const sequences = ['short', 'mid', 'long'];
const tolerance = 1e-4;

function openModel(model: string, configFile = 'config.json') {
  const { folder, weights } = openCheckpoint(goldenFolder + model);
  return { weights, architecture: readArchitecture(readJsonObject(`${folder}/${configFile}`), configFile) };
}

/** The expected numbers of a model. */
const goldenOf = (model: string) => openGoldenTensors(`${model.replace('models/', 'goldens/')}.safetensors`);

/** Logits of hidden states as the model itself gives them, on the backend that is tested. */
async function logitsOf(
  backend: Backend,
  { weights, architecture }: ReturnType<typeof openModel>,
  hidden: Matrix,
) {
  const { vocabularySize, hiddenSize } = architecture.sizes;
  const names = new Weights(weights, architecture.tensorNames);
  const { weight, bias, softcap } = architecture.outputEmbedding;
  const half = {
    source: weights,
    weight: names.resolve(weight)!,
    bias: bias && names.resolve(bias),
    hiddenSize,
  };
  const program = headHalf(vocabularySize, half, softcap);
  const executable = await backend.compile(program, weights);
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

  describe.each(goldensOf('causal'))('%s', (name) => {
    it.each(sequences)('%s at once and through the cache', async (sequence) => {
      const model = openModel(name);
      if (model.architecture.kind !== 'causal') throw new Error(`${name} is causal`);
      const golden = goldenOf(name);
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

  describe.each(goldensOf('causal').filter(isLater))('lanes of %s', (name) => {
    it('side by side in chunks, beyond the window, cut back and gone on with', async () => {
      const { architecture, weights } = openModel(name);
      if (architecture.kind !== 'causal') throw new Error(`${name} is causal`);
      const golden = goldenOf(name);
      const ids = sequences.map((sequence) => golden.ints(`${sequence}.ids`));
      const hidden = sequences.map((sequence) => golden.floats(`${sequence}.hidden`));
      const running = await createCausalModel(
        backend,
        tracePart(architecture, weights, { capacity: ids[2]!.length, lanes: sequences.length }),
      );
      const { hiddenSize } = architecture.sizes;
      /** Reads each lane on to its end, so many tokens of it at a time. */
      const readOn = async (chunks: readonly number[]) => {
        for (;;) {
          const reads = ids.flatMap((all, lane) => {
            const start = running.length(lane);
            const chunk = all.subarray(start, start + chunks[lane]!);
            return chunk.length === 0 ? [] : [{ lane, ids: chunk, start }];
          });
          if (reads.length === 0) return;
          const { data } = await running.extend(reads);
          let at = 0;
          for (const { lane, ids: chunk, start } of reads) {
            const size = chunk.length * hiddenSize;
            const expected = hidden[lane]!.subarray(start * hiddenSize).subarray(0, size);
            expect(maxDifference(data.subarray(at, at + size), expected)).toBeLessThan(tolerance);
            at += size;
          }
        }
      };
      await readOn([2, 5, 13]);
      // As a rejected draft: what lies outside of a window counts again after a cut.
      for (const [lane, length] of [0, 3, 11].entries()) running.truncate(lane, length);
      await readOn([3, 7, 9]);
      running.dispose();
    });
  });

  describe.each(goldensOf('masked'))('%s', (name) => {
    it('each sequence alone, and several in one pass', async () => {
      const model = openModel(name);
      if (model.architecture.kind !== 'masked') throw new Error(`${name} is masked`);
      const golden = goldenOf(name);
      const running = await createMaskedModel(backend, tracePart(model.architecture, model.weights));
      for (const sequence of sequences) {
        const hidden = copy((await running.encode([golden.ints(`${sequence}.ids`)]))[0]!);
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        const logits = await logitsOf(backend, model, hidden);
        expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);
      }
      const read = ['short', 'mid', 'short', 'long', 'mid'];
      const encoded = await running.encode(read.map((sequence) => golden.ints(`${sequence}.ids`)));
      encoded.forEach(({ data }, i) => {
        expect(maxDifference(data, golden.floats(`${read[i]}.hidden`))).toBeLessThan(tolerance);
      });
      running.dispose();
    });
  });
});

it.each(otherSpellings)('$file of $model is the same model', async ({ model, file }) => {
  const { architecture, weights } = openModel(model, file);
  const golden = goldenOf(model);
  const ids = golden.ints('long.ids');
  const running =
    architecture.kind === 'causal'
      ? await createCausalModel(referenceBackend(), tracePart(architecture, weights))
      : await createMaskedModel(referenceBackend(), tracePart(architecture, weights));
  const hidden = copy(
    'encode' in running ? (await running.encode([ids]))[0]! : await laneOf(running, 0).extend(ids),
  );
  expect(maxDifference(hidden.data, golden.floats('long.hidden'))).toBeLessThan(tolerance);
  const logits = await logitsOf(referenceBackend(), { architecture, weights }, hidden);
  expect(maxDifference(logits, golden.floats('long.logits'))).toBeLessThan(tolerance);
  running.dispose();
  const { kind, sizes, outputEmbedding } = openModel(model).architecture;
  expect(architecture).toMatchObject({ kind, sizes, outputEmbedding });
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
