// Configs of Gemma 2: bounds, windows and what is left out. Numbers are checked against those of PyTorch in test/families.test.ts.
import { describe, expect, it } from 'vitest';
import { parameterShapes } from './parameter-shapes.js';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, randomTensors } from './tiny-checkpoint.test.support.js';

const config = {
  model_type: 'gemma2',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 6,
  query_pre_attn_scalar: 0.01,
  sliding_window: 3,
};
const open = (change: object) => readArchitecture({ ...config, ...change }, 'config.json');
const tensors = randomTensors(Object.fromEntries(parameterShapes(open({}))));
const ids = [3, 1, 4, 1, 5, 9, 2, 6];
const hidden = (change: object) => hiddenStates({ ...config, ...change }, tensors, ids);
const same = (a: object, b: object) => maxDifference(hidden(a), hidden(b));

describe('gemma2', () => {
  it('bounds logits by 30 where the config says nothing, by what it says, and by nothing for null', () => {
    expect(open({}).outputEmbedding).toMatchObject({ weight: 'embed_tokens.weight', softcap: 30 });
    expect(open({ final_logit_softcapping: 4 }).outputEmbedding.softcap).toBe(4);
    expect(open({ final_logit_softcapping: null }).outputEmbedding.softcap).toBeUndefined();
    expect(() => open({ final_logit_softcapping: 0 })).toThrow(/key "final_logit_softcapping"/);
  });

  it('bounds the scores of attention by 50 where the config says nothing', () => {
    expect(same({}, { attn_logit_softcapping: 50 })).toBe(0);
    expect(same({}, { attn_logit_softcapping: null })).toBeGreaterThan(1e-4);
    expect(same({}, { attn_logit_softcapping: 1 })).toBeGreaterThan(1e-4);
  });

  it('has a window in every other layer, from the first on', () => {
    expect(same({}, { layer_types: ['sliding_attention', 'full_attention'] })).toBe(0);
    expect(same({}, { layer_types: ['full_attention', 'sliding_attention'] })).toBeGreaterThan(1e-4);
    expect(same({}, { sliding_window: 4 })).toBeGreaterThan(1e-4);
    expect(same({ sliding_window: 8 }, { sliding_window: null })).toBe(0);
  });

  it('reads hidden_activation, not hidden_act', () => {
    expect(same({}, { hidden_act: 'relu' })).toBe(0);
    expect(same({}, { hidden_activation: 'relu' })).toBeGreaterThan(1e-4);
  });

  it('refuses attention in both directions', () => {
    expect(() => open({ use_bidirectional_attention: true })).toThrow(/key "use_bidirectional_attention"/);
  });
});
