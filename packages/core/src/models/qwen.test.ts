// Qwen2 and Qwen3: a layer as written out, sliding windows, the default head size.
import { describe, expect, it } from 'vitest';
import { weightsInMemory } from '../tensor/evaluate.js';
import { a2dQwen3 } from './a2d-qwen3.js';
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
const sizes = {
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 10,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-3,
};
const qwen2 = { ...sizes, model_type: 'qwen2', rope_theta: 1000 };
const qwen3 = {
  ...sizes,
  model_type: 'qwen3',
  head_dim: 4,
  rope_parameters: { rope_type: 'default', rope_theta: 1000 },
};

function shapesOf({
  headSize,
  qkvBias,
  headNorms,
}: {
  headSize: number;
  qkvBias: boolean;
  headNorms: boolean;
}): Shapes {
  const layer = 'model.layers.0';
  const attention = (name: string, count: number) => ({
    [`${layer}.self_attn.${name}.weight`]: [count * headSize, 8],
    ...(qkvBias && { [`${layer}.self_attn.${name}.bias`]: [count * headSize] }),
  });
  return {
    'model.embed_tokens.weight': [11, 8],
    [`${layer}.input_layernorm.weight`]: [8],
    ...attention('q_proj', 4),
    ...attention('k_proj', 2),
    ...attention('v_proj', 2),
    ...(headNorms && {
      [`${layer}.self_attn.q_norm.weight`]: [headSize],
      [`${layer}.self_attn.k_norm.weight`]: [headSize],
    }),
    [`${layer}.self_attn.o_proj.weight`]: [8, 4 * headSize],
    [`${layer}.post_attention_layernorm.weight`]: [8],
    [`${layer}.mlp.gate_proj.weight`]: [10, 8],
    [`${layer}.mlp.up_proj.weight`]: [10, 8],
    [`${layer}.mlp.down_proj.weight`]: [8, 10],
    'model.norm.weight': [8],
  };
}

const qwen2Tensors = randomTensors(shapesOf({ headSize: 2, qkvBias: true, headNorms: false }));
const qwen3Tensors = randomTensors(shapesOf({ headSize: 4, qkvBias: false, headNorms: true }));

function expected(tensors: typeof qwen2Tensors, headSize: number, window?: number): number[][] {
  const { vector, matrix } = plainTensors(tensors);
  const layer = 'model.layers.0';
  const dense = (x: Rows, name: string) => {
    const bias = `${layer}.${name}.bias`;
    return linear(x, matrix(`${layer}.${name}.weight`), bias in tensors ? vector(bias) : undefined);
  };
  const normHeads = (x: Rows, name: string, count: number): Rows => {
    const scale = `${layer}.self_attn.${name}.weight`;
    if (!(scale in tensors)) return x;
    return x.map((row) =>
      Array.from(
        { length: count },
        (_, h) => rmsNorm([row.slice(h * headSize, (h + 1) * headSize)], vector(scale), 1e-3)[0]!,
      ).flat(),
    );
  };
  const frequency = (i: number) => 1000 ** ((-2 * i) / headSize);
  let x: Rows = ids.map((id) => matrix('model.embed_tokens.weight')[id]!);
  const h = rmsNorm(x, vector(`${layer}.input_layernorm.weight`), 1e-3);
  const q = rotate(normHeads(dense(h, 'self_attn.q_proj'), 'q_norm', 4), 4, headSize, frequency);
  const k = rotate(normHeads(dense(h, 'self_attn.k_proj'), 'k_norm', 2), 2, headSize, frequency);
  const attended = attend(q, k, dense(h, 'self_attn.v_proj'), { heads: 4, kvHeads: 2, causal: true, window });
  x = plus(x, dense(attended, 'self_attn.o_proj'));
  const m = rmsNorm(x, vector(`${layer}.post_attention_layernorm.weight`), 1e-3);
  const gated = times(each(dense(m, 'mlp.gate_proj'), silu), dense(m, 'mlp.up_proj'));
  return rmsNorm(plus(x, dense(gated, 'mlp.down_proj')), vector('model.norm.weight'), 1e-3);
}

describe.each([
  ['qwen2', qwen2, qwen2Tensors, 2],
  ['qwen3', qwen3, qwen3Tensors, 4],
] as const)('%s', (_name, config, tensors, headSize) => {
  it('computes one layer as written out', () => {
    expect(maxDifference(hiddenStates(config, tensors, ids), expected(tensors, headSize))).toBeLessThan(1e-9);
  });

  it('keeps what holds of every decoder', () => checkInvariants(config, tensors));

  it('sees so many keys as the window of a layer has, its own the last', () => {
    const windowed = { ...config, use_sliding_window: true, sliding_window: 3, max_window_layers: 0 };
    const listed = { ...windowed, max_window_layers: 28, layer_types: ['sliding_attention'] };
    // The plain attention without windows takes the scale as a float64, that with them as a float32.
    for (const change of [windowed, listed])
      expect(maxDifference(hiddenStates(change, tensors, ids), expected(tensors, headSize, 3))).toBeLessThan(
        1e-6,
      );
    checkInvariants(windowed, tensors);
  });

  it('has no window where the config turns it off, or the layer is before it', () => {
    const whole = expected(tensors, headSize);
    for (const change of [
      { use_sliding_window: false, sliding_window: 3, max_window_layers: 0 },
      { sliding_window: null },
      { use_sliding_window: true, sliding_window: 3, max_window_layers: 1 },
      { use_sliding_window: true, sliding_window: 3, layer_types: ['full_attention'] },
    ])
      expect(maxDifference(hiddenStates({ ...config, ...change }, tensors, ids), whole)).toBeLessThan(1e-9);
  });

  it('refuses a window without a size, and layers of another type', () => {
    const read = (change: object) => () => readArchitecture({ ...config, ...change }, 'config.json');
    expect(read({ layer_types: ['sliding_attention'] })).toThrow(/sliding_attention over no tokens/);
    expect(read({ layer_types: ['linear_attention'] })).toThrow(/key "layer_types/);
    expect(read({ layer_types: [] })).toThrow(/0 layer_types for 1 layers/);
  });
});

it('qwen3 has heads of 128 numbers where its config does not say', () => {
  expect(readArchitecture({ model_type: 'qwen3' }, 'config.json').sizes).toMatchObject({
    headSize: 128,
    kvHeads: 32,
  });
  expect(
    readArchitecture({ model_type: 'qwen2', num_key_value_heads: null }, 'config.json').sizes,
  ).toMatchObject({
    headSize: 128,
    kvHeads: 32,
  });
});

it('a denoiser has no windows', () => {
  const a2d = { ...qwen3, model_type: 'a2d-qwen3', use_sliding_window: true, max_window_layers: 0 };
  const read = (window: number) => () =>
    a2dQwen3.read({ ...a2d, sliding_window: window }, 'config.json', weightsInMemory({}));
  expect(read(32)).not.toThrow();
  expect(read(3)).toThrow(/gives layer 0 sliding_attention over 3 tokens, and a denoiser attends to all/);
});
