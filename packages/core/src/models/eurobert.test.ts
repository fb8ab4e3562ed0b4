// Configs of EuroBERT: biases, the base of its rotation, head counts. Numbers are checked against those of PyTorch in test/families.test.ts.
import { describe, expect, it } from 'vitest';
import { parameterShapes } from './parameter-shapes.js';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, randomTensors } from './tiny-checkpoint.test.support.js';

const config = {
  model_type: 'eurobert',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const open = (change: object) => readArchitecture({ ...config, ...change }, 'config.json');
const tensors = randomTensors(Object.fromEntries(parameterShapes(open({}))));
const hidden = (change: object) => hiddenStates({ ...config, ...change }, tensors, [3, 1, 4, 1, 5]);

describe('eurobert', () => {
  it('has an output matrix of its own, and a bias of it where the MLP has biases', () => {
    expect(open({}).outputEmbedding).toEqual({ weight: 'lm_head.weight', bias: undefined });
    expect(open({ mlp_bias: true }).outputEmbedding.bias).toBe('lm_head.bias');
    expect([...parameterShapes(open({ mlp_bias: true })).keys()]).toContain('layers.0.mlp.down_proj.bias');
  });

  it('rotates by 10000 where the config says nothing, as transformers 5 does', () => {
    expect(maxDifference(hidden({}), hidden({ rope_theta: 10000 }))).toBe(0);
    const rope_parameters = { rope_type: 'default', rope_theta: 10000 };
    expect(maxDifference(hidden({}), hidden({ rope_parameters }))).toBe(0);
    expect(maxDifference(hidden({}), hidden({ rope_theta: 250000 }))).toBeGreaterThan(1e-4);
  });

  it('has as many heads of keys as of queries where the config says nothing', () => {
    expect(open({}).sizes.kvHeads).toBe(2);
    expect(open({ num_key_value_heads: 1 }).sizes.kvHeads).toBe(1);
  });
});
