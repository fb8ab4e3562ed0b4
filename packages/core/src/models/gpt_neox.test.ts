// GPT-NeoX: a layer as written out, with residuals parallel or not and parts of heads rotated; output matrix, defaults.
import { describe, expect, it } from 'vitest';
import { weightsInMemory } from '../tensor/evaluate.js';
import { checkInvariants } from './family-invariants.test.support.js';
import { attend, each, gelu, layerNorm, linear, plus, type Rows, rotate } from './plain-math.test.support.js';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, plainTensors, randomTensors } from './tiny-checkpoint.test.support.js';
import { Weights } from './weights.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const config = {
  model_type: 'gpt_neox',
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 10,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 32,
  rotary_pct: 0.7,
  rotary_emb_base: 100,
};
const layer = 'gpt_neox.layers.0';
const tensors = randomTensors({
  'gpt_neox.embed_in.weight': [11, 12],
  [`${layer}.input_layernorm.weight`]: [12],
  [`${layer}.input_layernorm.bias`]: [12],
  [`${layer}.post_attention_layernorm.weight`]: [12],
  [`${layer}.post_attention_layernorm.bias`]: [12],
  [`${layer}.attention.query_key_value.weight`]: [36, 12],
  [`${layer}.attention.query_key_value.bias`]: [36],
  [`${layer}.attention.dense.weight`]: [12, 12],
  [`${layer}.attention.dense.bias`]: [12],
  [`${layer}.mlp.dense_h_to_4h.weight`]: [10, 12],
  [`${layer}.mlp.dense_h_to_4h.bias`]: [10],
  [`${layer}.mlp.dense_4h_to_h.weight`]: [12, 10],
  [`${layer}.mlp.dense_4h_to_h.bias`]: [12],
  'gpt_neox.final_layer_norm.weight': [12],
  'gpt_neox.final_layer_norm.bias': [12],
});

function expected({ parallel = true, bias = true, rotated = 4 }): number[][] {
  const { vector, matrix } = plainTensors(tensors);
  const dense = (x: Rows, name: string, hasBias = true) =>
    linear(x, matrix(`${layer}.${name}.weight`), hasBias ? vector(`${layer}.${name}.bias`) : undefined);
  const norm = (x: Rows, name: string) =>
    layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), 1e-5);
  const x: Rows = ids.map((id) => matrix('gpt_neox.embed_in.weight')[id]!);
  const fused = dense(norm(x, `${layer}.input_layernorm`), 'attention.query_key_value', bias);
  // Heads of 6: [q0 k0 v0 q1 k1 v1].
  const part = (i: number) =>
    fused.map((row) => [0, 1].flatMap((h) => row.slice(h * 18 + i * 6, h * 18 + i * 6 + 6)));
  const frequency = (i: number) => 100 ** ((-2 * i) / rotated);
  const q = rotate(part(0), 2, rotated, frequency);
  const k = rotate(part(1), 2, rotated, frequency);
  const attended = dense(attend(q, k, part(2), { heads: 2, causal: true }), 'attention.dense', bias);
  const after = plus(x, attended);
  const inner = each(
    dense(norm(parallel ? x : after, `${layer}.post_attention_layernorm`), 'mlp.dense_h_to_4h'),
    gelu,
  );
  return norm(plus(after, dense(inner, 'mlp.dense_4h_to_h')), 'gpt_neox.final_layer_norm');
}

// `rotate` turns the first numbers of a head of 6; pairs (i, i + rotated/2).
describe('gpt_neox', () => {
  it.each([
    [{}, {}],
    [{ use_parallel_residual: false }, { parallel: false }],
    [{ attention_bias: false }, { bias: false }],
    [{ rotary_pct: 1 }, { rotated: 6 }],
    [
      {
        rotary_pct: undefined,
        rotary_emb_base: undefined,
        rope_parameters: { rope_theta: 100, partial_rotary_factor: 0.34 },
      },
      { rotated: 2 },
    ],
  ])('computes one layer as written out, with %j', (change, variant) => {
    const actual = hiddenStates({ ...config, ...change }, tensors, ids);
    expect(maxDifference(actual, expected(variant))).toBeLessThan(1e-9);
  });

  it('keeps what holds of every decoder', () => checkInvariants(config, tensors));

  it('has an output matrix of its own, and defaults', () => {
    const { outputEmbedding, sizes } = readArchitecture({ model_type: 'gpt_neox' }, 'config.json');
    expect(outputEmbedding.weight).toBe('embed_out.weight');
    expect(sizes).toMatchObject({ hiddenSize: 6144, headSize: 96, layers: 44, vocabularySize: 50432 });
    const stored = weightsInMemory({ 'lm_head.weight': { shape: [11, 6], data: new Float32Array(66) } });
    const names = readArchitecture(config, 'config.json').tensorNames;
    expect(new Weights(stored, names).resolve('embed_out.weight')).toBe('lm_head.weight');
    const tied = readArchitecture({ ...config, tie_word_embeddings: true }, 'config.json');
    expect(tied.outputEmbedding.weight).toBe('embed_in.weight');
  });

  it('refuses a part of the head that is no number of pairs', () => {
    expect(() => readArchitecture({ ...config, rotary_pct: 0.5 }, 'config.json')).toThrow(
      /rotates 3 of the 6 numbers of a head/,
    );
  });
});
