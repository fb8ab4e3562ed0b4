// Families against their PyTorch goldens on every backend: hidden states, logits, and the KV cache.
import { openCheckpoint, readJsonObject } from '@maria/checkpoints';
import {
  type Backend,
  createCausalModel,
  createMaskedModel,
  float32,
  headHalf,
  type Matrix,
  parameterShapes,
  randomKey,
  readArchitecture,
  referenceBackend,
  tracePart,
  Weights,
  weightsInMemory,
} from '@maria/core';
import { type BackendChoice, chooseBackend } from '@maria/kernels';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { goldenFolder, maxDifference, openGoldenTensors } from './golden-files.js';

vi.mock('@tensorflow/tfjs-node-gpu', () => import('./tfjs-on-cpu.js'));

const backends: BackendChoice[] = ['reference', 'ort', 'ort-node', 'tfjs'];
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
    describe.each(['olmo', 'gpt2', 'llama'])('%s', (name) => {
      it.each(sequences)('%s at once and through the cache', async (sequence) => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'causal') throw new Error(`${name} is causal`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const ids = golden.ints(`${sequence}.ids`);
        const running = await createCausalModel(backend, tracePart(model.architecture, model.weights));
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

    describe.each(['modernbert', 'roberta'])('%s', (name) => {
      it.each(sequences)('%s', async (sequence) => {
        const model = openModel(name, configFile);
        if (model.architecture.kind !== 'masked') throw new Error(`${name} is masked`);
        const golden = openGoldenTensors(`goldens/${name}.safetensors`);
        const running = await createMaskedModel(backend, tracePart(model.architecture, model.weights));
        const hidden = copy(await running.encode(golden.ints(`${sequence}.ids`)));
        expect(maxDifference(hidden.data, golden.floats(`${sequence}.hidden`))).toBeLessThan(tolerance);
        const logits = await logitsOf(backend, model, hidden);
        expect(maxDifference(logits, golden.floats(`${sequence}.logits`))).toBeLessThan(tolerance);
        running.dispose();
      });
    });
  });
});

// Sizes chosen to be awkward: odd heads where nothing rotates, grouped queries, a part of each head rotated.
const decoder = {
  vocab_size: 23,
  hidden_size: 24,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};
const encoder = { ...decoder, num_attention_heads: 8, max_position_embeddings: 40 };
const configs: Record<string, object> = {
  olmo: { ...decoder, num_key_value_heads: 2, clip_qkv: 0.3 },
  olmo2: { ...decoder, num_key_value_heads: 2, attention_bias: true },
  gpt2: {
    vocab_size: 23,
    n_embd: 15,
    n_head: 3,
    n_layer: 2,
    n_positions: 40,
    scale_attn_by_inverse_layer_idx: true,
  },
  gpt_neox: { ...decoder, hidden_size: 40, rotary_pct: 0.4 },
  llama: {
    ...decoder,
    num_key_value_heads: 1,
    head_dim: 10,
    mlp_bias: true,
    rope_scaling: { type: 'linear', factor: 2 },
  },
  qwen2: { ...decoder, num_key_value_heads: 2, hidden_act: 'mish' },
  qwen3: { ...decoder, num_key_value_heads: 2, head_dim: 14, hidden_act: 'quick_gelu' },
  modernbert: { ...encoder, num_attention_heads: 4, local_attention: 6 },
  bert: { ...encoder, hidden_act: 'gelu_new' },
  roberta: { ...encoder, hidden_act: 'relu2' },
  distilbert: {
    vocab_size: 23,
    dim: 24,
    hidden_dim: 20,
    n_layers: 2,
    n_heads: 8,
    max_position_embeddings: 40,
  },
  electra: { ...encoder, embedding_size: 10, hidden_act: 'hardswish' },
};

function randomModel(modelType: string) {
  const architecture = readArchitecture({ model_type: modelType, ...configs[modelType] }, 'config.json');
  const tensors = [...parameterShapes(architecture)].map(([name, shape], stream) => {
    const key = randomKey(3, stream);
    const center = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, (_, i) => center + 0.3 * key.normal(0, i));
    return [name, { shape, data }] as const;
  });
  return { architecture, weights: weightsInMemory(Object.fromEntries(tensors)) };
}

describe.each(['ort', 'ort-node', 'tfjs'] as const)('%s computes what the reference computes', (choice) => {
  const ids = Int32Array.from({ length: 20 }, (_, i) => (7 * i + 2) % 23);

  it.each(Object.keys(configs))('%s', async (modelType) => {
    const { architecture, weights } = randomModel(modelType);
    const results: number[][] = [];
    for (const backend of [referenceBackend(), await chooseBackend({ backend: choice })]) {
      if (architecture.kind === 'masked') {
        const running = await createMaskedModel(backend, tracePart(architecture, weights));
        results.push([...(await running.encode(ids)).data]);
        running.dispose();
      } else {
        const running = await createCausalModel(backend, tracePart(architecture, weights, { capacity: 24 }));
        const parts: number[] = [];
        for (const [start, end] of [
          [0, 1],
          [1, 9],
          [9, 20],
        ] as const)
          parts.push(...(await running.extend(ids.subarray(start, end))).data);
        results.push(parts);
        running.dispose();
      }
    }
    expect(maxDifference(results[1]!, results[0]!)).toBeLessThan(2e-5);
  });
});
