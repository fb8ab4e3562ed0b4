// Llama: a layer as written out, scaled rotary positions, defaults, and configs that it refuses.
import { describe, expect, it } from 'vitest';
import { checkInvariants } from './family-invariants.test.support.js';
import {
  attend,
  each,
  linear,
  plus,
  type Rows,
  rmsNorm,
  rotate,
  silu,
  times,
} from './plain-math.test.support.js';
import { readArchitecture } from './registry.js';
import {
  hiddenStates,
  maxDifference,
  plainTensors,
  randomTensors,
  type Shapes,
} from './tiny-checkpoint.test.support.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const [width, kvWidth, inner] = [12, 6, 10];
const config = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: inner,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 6,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-3,
  rope_theta: 100,
  attention_bias: true,
  mlp_bias: true,
};
const layer = 'model.layers.0';
const shapes: Shapes = {
  'model.embed_tokens.weight': [11, 8],
  [`${layer}.input_layernorm.weight`]: [8],
  [`${layer}.self_attn.q_proj.weight`]: [width, 8],
  [`${layer}.self_attn.q_proj.bias`]: [width],
  [`${layer}.self_attn.k_proj.weight`]: [kvWidth, 8],
  [`${layer}.self_attn.k_proj.bias`]: [kvWidth],
  [`${layer}.self_attn.v_proj.weight`]: [kvWidth, 8],
  [`${layer}.self_attn.v_proj.bias`]: [kvWidth],
  [`${layer}.self_attn.o_proj.weight`]: [8, width],
  [`${layer}.self_attn.o_proj.bias`]: [8],
  [`${layer}.post_attention_layernorm.weight`]: [8],
  [`${layer}.mlp.gate_proj.weight`]: [inner, 8],
  [`${layer}.mlp.gate_proj.bias`]: [inner],
  [`${layer}.mlp.up_proj.weight`]: [inner, 8],
  [`${layer}.mlp.up_proj.bias`]: [inner],
  [`${layer}.mlp.down_proj.weight`]: [8, inner],
  [`${layer}.mlp.down_proj.bias`]: [8],
  'model.norm.weight': [8],
};
const tensors = randomTensors(shapes);

function expected(frequency: (pair: number) => number): number[][] {
  const { vector, matrix } = plainTensors(tensors);
  const dense = (x: Rows, name: string) =>
    linear(x, matrix(`${layer}.${name}.weight`), vector(`${layer}.${name}.bias`));
  let x: Rows = ids.map((id) => matrix('model.embed_tokens.weight')[id]!);
  const h = rmsNorm(x, vector(`${layer}.input_layernorm.weight`), 1e-3);
  const q = rotate(dense(h, 'self_attn.q_proj'), 2, 6, frequency);
  const k = rotate(dense(h, 'self_attn.k_proj'), 1, 6, frequency);
  const attended = attend(q, k, dense(h, 'self_attn.v_proj'), { heads: 2, kvHeads: 1, causal: true });
  x = plus(x, dense(attended, 'self_attn.o_proj'));
  const m = rmsNorm(x, vector(`${layer}.post_attention_layernorm.weight`), 1e-3);
  const gated = times(each(dense(m, 'mlp.gate_proj'), silu), dense(m, 'mlp.up_proj'));
  return rmsNorm(plus(x, dense(gated, 'mlp.down_proj')), vector('model.norm.weight'), 1e-3);
}

const plainFrequency = (i: number) => 100 ** (-i / 3);

describe('llama', () => {
  it('computes one layer as written out', () => {
    expect(maxDifference(hiddenStates(config, tensors, ids), expected(plainFrequency))).toBeLessThan(1e-9);
  });

  it('scales rotary positions: linear, llama3, in both key styles', () => {
    const linearScaling = { ...config, rope_scaling: { type: 'linear', factor: 4 } };
    const quarter = expected((i) => plainFrequency(i) / 4);
    expect(maxDifference(hiddenStates(linearScaling, tensors, ids), quarter)).toBeLessThan(1e-9);
    const version5 = { rope_theta: 100, rope_type: 'linear', factor: 4 };
    const { rope_theta: _, ...withoutTheta } = config;
    expect(
      maxDifference(hiddenStates({ ...withoutTheta, rope_parameters: version5 }, tensors, ids), quarter),
    ).toBeLessThan(1e-9);

    // Wavelengths 6.3, 29.2 and 135: below 64/4 kept, above 64/1 divided by 8, between them blended.
    const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    const scaled = hiddenStates(
      { ...config, rope_scaling: { ...llama3, original_max_position_embeddings: 64 } },
      tensors,
      ids,
    );
    const smooth = (64 / ((2 * Math.PI) / plainFrequency(1)) - 1) / 3;
    const factors = [1, (1 - smooth) / 8 + smooth, 1 / 8];
    expect(
      maxDifference(
        scaled,
        expected((i) => plainFrequency(i) * factors[i]!),
      ),
    ).toBeLessThan(1e-9);
  });

  it('takes dynamic scaling, which changes nothing up to max_position_embeddings', () => {
    const dynamic = { ...config, rope_scaling: { type: 'dynamic', factor: 4 } };
    expect(maxDifference(hiddenStates(dynamic, tensors, ids), expected(plainFrequency))).toBeLessThan(1e-9);
  });

  it('keeps what holds of every decoder', () => checkInvariants(config, tensors));

  it('has defaults of its own for absent keys', () => {
    const { sizes, outputEmbedding } = readArchitecture({ model_type: 'llama' }, 'config.json');
    expect(sizes).toMatchObject({
      vocabularySize: 32000,
      hiddenSize: 4096,
      layers: 32,
      kvHeads: 32,
      maxLength: 2048,
    });
    expect(outputEmbedding.weight).toBe('lm_head.weight');
    const tied = readArchitecture(
      { model_type: 'llama', tie_word_embeddings: true, eos_token_id: [5, 6] },
      'config.json',
    );
    expect(tied.outputEmbedding.weight).toBe('embed_tokens.weight');
    expect(tied.sizes.eosId).toBe(5);
  });

  it.each([
    [{ rope_scaling: { rope_type: 'longrope', factor: 2 } }, /asks for rope scaling "longrope"/],
    [{ rope_scaling: { rope_type: 'yarn' } }, /rope scaling "yarn" and gives no factor/],
    [{ rope_scaling: { rope_type: 'dynamic' } }, /rope scaling "dynamic" and gives no factor/],
    [
      { rope_scaling: { rope_type: 'llama3', factor: 2 } },
      /rope scaling "llama3" and gives no low_freq_factor/,
    ],
    [{ partial_rotary_factor: 0.5 }, /rotates 0\.5 of each head, which this family does not do/],
    [{ head_dim: 5 }, /rotates 5 of the 5 numbers of a head/],
    [{ num_attention_heads: 3, head_dim: null }, /8 numbers, which 3 attention heads do not divide/],
    [{ num_key_value_heads: 3 }, /2 attention heads, which 3 key-value heads do not divide/],
    [{ hidden_act: 'prelu' }, /key "hidden_act": it must be one of "gelu", .*, and is "prelu"/],
    [{ vocab_size: 'many' }, /key "vocab_size": it must be a whole number above 0, and is "many"/],
  ])('refuses %j', (change, message) => {
    expect(() => readArchitecture({ ...config, ...change }, 'config.json')).toThrow(message);
  });
});
