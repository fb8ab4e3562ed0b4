// OLMo 2: a layer as written out, with norms after attention and MLP and over whole queries and keys.
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
import { hiddenStates, maxDifference, plainTensors, randomTensors } from './tiny-checkpoint.test.support.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const config = {
  model_type: 'olmo2',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 10,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-3,
  rope_theta: 1000,
};
const layer = 'model.layers.0';
const tensors = randomTensors({
  'model.embed_tokens.weight': [11, 8],
  [`${layer}.self_attn.q_proj.weight`]: [8, 8],
  [`${layer}.self_attn.k_proj.weight`]: [4, 8],
  [`${layer}.self_attn.v_proj.weight`]: [4, 8],
  [`${layer}.self_attn.o_proj.weight`]: [8, 8],
  [`${layer}.self_attn.q_norm.weight`]: [8],
  [`${layer}.self_attn.k_norm.weight`]: [4],
  [`${layer}.post_attention_layernorm.weight`]: [8],
  [`${layer}.mlp.gate_proj.weight`]: [10, 8],
  [`${layer}.mlp.up_proj.weight`]: [10, 8],
  [`${layer}.mlp.down_proj.weight`]: [8, 10],
  [`${layer}.post_feedforward_layernorm.weight`]: [8],
  'model.norm.weight': [8],
});

describe('olmo2', () => {
  it('computes one layer as written out', () => {
    const { vector, matrix } = plainTensors(tensors);
    const dense = (x: Rows, name: string) => linear(x, matrix(`${layer}.${name}.weight`));
    const norm = (x: Rows, name: string) => rmsNorm(x, vector(name), 1e-3);
    const frequency = (i: number) => 1000 ** -i;
    let x: Rows = ids.map((id) => matrix('model.embed_tokens.weight')[id]!);
    const q = norm(dense(x, 'self_attn.q_proj'), `${layer}.self_attn.q_norm.weight`);
    const k = norm(dense(x, 'self_attn.k_proj'), `${layer}.self_attn.k_norm.weight`);
    const attended = attend(
      rotate(q, 4, 2, frequency),
      rotate(k, 2, 2, frequency),
      dense(x, 'self_attn.v_proj'),
      { heads: 4, kvHeads: 2, causal: true },
    );
    x = plus(x, norm(dense(attended, 'self_attn.o_proj'), `${layer}.post_attention_layernorm.weight`));
    const gated = times(each(dense(x, 'mlp.gate_proj'), silu), dense(x, 'mlp.up_proj'));
    x = plus(x, norm(dense(gated, 'mlp.down_proj'), `${layer}.post_feedforward_layernorm.weight`));
    const expected = norm(x, 'model.norm.weight');
    expect(maxDifference(hiddenStates(config, tensors, ids), expected)).toBeLessThan(1e-9);
  });

  it('keeps what holds of every decoder', () => checkInvariants(config, tensors));
});
