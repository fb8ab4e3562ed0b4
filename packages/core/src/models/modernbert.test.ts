// Configs of ModernBERT: rotary bases, layer types in both key styles, and what is refused.
import { describe, expect, it } from 'vitest';
import { parameterShapes } from './parameter-shapes.js';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, randomTensors } from './tiny-checkpoint.test.support.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const config = {
  model_type: 'modernbert',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  global_rope_theta: 500,
};
const tensors = randomTensors(Object.fromEntries(parameterShapes(readArchitecture(config, 'config.json'))));
const hidden = (change: object) => hiddenStates({ ...config, ...change }, tensors, ids);

describe('modernbert', () => {
  it('rotates local layers by 10000 where the config does not say, and by the global base where it says null', () => {
    expect(maxDifference(hidden({ local_rope_theta: 10000 }), hidden({}))).toBe(0);
    expect(maxDifference(hidden({ local_rope_theta: 500 }), hidden({ local_rope_theta: null }))).toBe(0);
    expect(maxDifference(hidden({ local_rope_theta: null }), hidden({}))).toBeGreaterThan(1e-4);
  });

  it('takes layer types from either key style', () => {
    const types = ['full_attention', 'sliding_attention', 'sliding_attention', 'full_attention'];
    const rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta: 500 },
      sliding_attention: { rope_type: 'default', rope_theta: 10000 },
    };
    const version5 = { layer_types: types, rope_parameters, global_rope_theta: undefined };
    expect(maxDifference(hidden(version5), hidden({ global_attn_every_n_layers: 3 }))).toBe(0);
  });

  it.each([
    [{ layer_types: ['full_attention'] }, /gives 1 layer_types for 4 layers/],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, /key "rope_scaling": this family does no scaling/],
    [
      { layer_types: Array(4).fill('chunked_attention') },
      /key "layer_types\.0": it must be one of "full_attention", "sliding_attention", and is "chunked/,
    ],
  ])('refuses %j', (change, message) => {
    expect(() => readArchitecture({ ...config, ...change }, 'config.json')).toThrow(message);
  });
});
