// Families against their PyTorch goldens on every backend: hidden states, logits, and the KV cache.
import {
  type Backend,
  createCausalModel,
  createMaskedModel,
  float32,
  headHalf,
  type Matrix,
  readArchitecture,
  Weights,
} from '@maria/core';
import { type BackendChoice, chooseBackend, openCheckpoint, readJsonObject } from '@maria/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { goldenFolder, maxDifference, openGoldenTensors } from './golden-files.js';

const backends: BackendChoice[] = ['reference', 'ort', 'ort-node'];
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

describe.each(backends)('%s', (choice) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: choice });
  });

  describe.each(['config.json', 'config.legacy.json'])('with %s', (configFile) => {
    describe.each(['gpt2', 'llama'])('%s', (name) => {
      it.each(sequences)('%s at once and through the cache', async (sequence) => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'causal') throw new Error(`${name} is causal`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const ids = golden.ints(`${sequence}.ids`);
        const running = await createCausalModel(backend, model.architecture, model.weights);
        const hidden = copy(await running.extend(ids));
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        const logits = await logitsOf(backend, model, hidden);
        expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);

        running.truncate(0);
        const parts: number[] = [];
        const chunks = [
          [0, 1],
          [1, 4],
          [4, 11],
          [11, ids.length],
        ] as const;
        for (const [start, end] of chunks) {
          const chunk = ids.subarray(start, end);
          if (chunk.length > 0) parts.push(...(await running.extend(chunk)).data);
        }
        const incremental = golden.floats(`${sequence}.hidden_incremental`);
        expect(maxDifference(parts, incremental)).toBeLessThan(tolerance);
        running.dispose();
      });
    });

    it.each(sequences)('roberta %s', async (sequence) => {
      const model = openModel('roberta', configFile);
      if (model.architecture.kind !== 'masked') throw new Error('roberta is masked');
      const golden = openGoldenTensors('goldens/roberta.safetensors');
      const running = await createMaskedModel(backend, model.architecture, model.weights);
      const hidden = copy(await running.encode(golden.ints(`${sequence}.ids`)));
      expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
      const logits = await logitsOf(backend, model, hidden);
      expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);
      running.dispose();
    });
  });
});
