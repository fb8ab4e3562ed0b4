// GPT-2: two layers as written out in each scaling of attention, key names and defaults, no cross attention.
import { describe, expect, it } from 'vitest';
import { checkInvariants } from './family-invariants.test.support.js';
import {
  attend,
  columns,
  each,
  geluTanh,
  layerNorm,
  linear,
  plus,
  type Rows,
  transposed,
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
// An odd head size: nothing rotates here.
const config = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_embd: 6,
  n_layer: 2,
  n_head: 2,
  n_inner: 7,
  n_positions: 12,
};

const layerShapes = (h: string): Shapes => ({
  [`${h}.ln_1.weight`]: [6],
  [`${h}.ln_1.bias`]: [6],
  [`${h}.attn.c_attn.weight`]: [6, 18],
  [`${h}.attn.c_attn.bias`]: [18],
  [`${h}.attn.c_proj.weight`]: [6, 6],
  [`${h}.attn.c_proj.bias`]: [6],
  [`${h}.ln_2.weight`]: [6],
  [`${h}.ln_2.bias`]: [6],
  [`${h}.mlp.c_fc.weight`]: [6, 7],
  [`${h}.mlp.c_fc.bias`]: [7],
  [`${h}.mlp.c_proj.weight`]: [7, 6],
  [`${h}.mlp.c_proj.bias`]: [6],
});
// As the published gpt2 is saved: the base model, without a prefix.
const tensors = randomTensors({
  'wte.weight': [11, 6],
  'wpe.weight': [12, 6],
  ...layerShapes('h.0'),
  ...layerShapes('h.1'),
  'ln_f.weight': [6],
  'ln_f.bias': [6],
});

function expected(scaleOf: (layer: number) => number): number[][] {
  const { vector, matrix } = plainTensors(tensors);
  const conv = (x: Rows, name: string) =>
    linear(x, transposed(matrix(`${name}.weight`)), vector(`${name}.bias`));
  const norm = (x: Rows, name: string) =>
    layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), 1e-5);
  let x: Rows = plus(
    ids.map((id) => matrix('wte.weight')[id]!),
    matrix('wpe.weight').slice(0, ids.length),
  );
  for (const layer of [0, 1]) {
    const qkv = conv(norm(x, `h.${layer}.ln_1`), `h.${layer}.attn.c_attn`);
    const settings = { heads: 2, causal: true, scale: scaleOf(layer) };
    const attended = attend(columns(qkv, 0, 6), columns(qkv, 6, 6), columns(qkv, 12, 6), settings);
    x = plus(x, conv(attended, `h.${layer}.attn.c_proj`));
    const inner = each(conv(norm(x, `h.${layer}.ln_2`), `h.${layer}.mlp.c_fc`), geluTanh);
    x = plus(x, conv(inner, `h.${layer}.mlp.c_proj`));
  }
  return norm(x, 'ln_f');
}

describe('gpt2', () => {
  it.each([
    [{}, () => 1 / Math.sqrt(3)],
    [{ scale_attn_weights: false }, () => 1],
    [
      { scale_attn_by_inverse_layer_idx: true, reorder_and_upcast_attn: true },
      (l: number) => 1 / Math.sqrt(3) / (l + 1),
    ],
  ])('computes two layers as written out, with %j', (change, scaleOf) => {
    const actual = hiddenStates({ ...config, ...change }, tensors, ids);
    expect(maxDifference(actual, expected(scaleOf))).toBeLessThan(1e-9);
  });

  // A third of c_attn.bias is the key's; rolled as a whole it still has an effect.
  it('keeps what holds of every decoder', () => checkInvariants(config, tensors));

  it('reads general key names and has defaults of its own', () => {
    const general = {
      model_type: 'gpt2',
      hidden_size: 24,
      num_attention_heads: 3,
      num_hidden_layers: 5,
      max_position_embeddings: 9,
    };
    expect(readArchitecture(general, 'config.json').sizes).toMatchObject({
      hiddenSize: 24,
      headSize: 8,
      layers: 5,
      maxLength: 9,
      vocabularySize: 50257,
    });
    const untied = readArchitecture({ model_type: 'gpt2', tie_word_embeddings: false }, 'config.json');
    expect(untied.outputEmbedding).toEqual({ weight: 'lm_head.weight' });
    expect(untied.sizes).toMatchObject({ hiddenSize: 768, layers: 12, maxLength: 1024 });
  });

  it('refuses cross attention', () => {
    expect(() => readArchitecture({ ...config, add_cross_attention: true }, 'config.json')).toThrow(
      'Cannot load the model: config.json, key "add_cross_attention": it must be false, and is true.',
    );
  });
});
