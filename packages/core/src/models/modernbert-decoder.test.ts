// Configs of the ModernBERT decoder: the window in each spelling, its edge, rotary bases, and biases.
import { describe, expect, it } from 'vitest';
import { parameterShapes } from './parameter-shapes.js';
import { readArchitecture } from './registry.js';
import { hiddenStates, maxDifference, randomTensors } from './tiny-checkpoint.test.support.js';

const config = {
  model_type: 'modernbert-decoder',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  global_rope_theta: 500,
};
const shapesOf = (change: object) =>
  parameterShapes(readArchitecture({ ...config, ...change }, 'config.json'));
const tensors = randomTensors(Object.fromEntries(shapesOf({})));
const ids = Array.from({ length: 70 }, (_, i) => (i * i + 3) % 11);
const hidden = (change: object, of = ids) => hiddenStates({ ...config, ...change }, tensors, of);

/** Whether the last hidden state depends on the token that is so many places before. */
function sees(change: object, distance: number): boolean {
  const at = ids.length - 1 - distance;
  const [before, after] = [hidden(change), hidden(change, ids.with(at, (ids[at]! + 1) % 11))];
  return maxDifference([before.at(-1)!], [after.at(-1)!]) > 0;
}

describe('modernbert-decoder', () => {
  it.each([
    [{ local_attention: 16 }, 8],
    [{ local_attention: 11 }, 5],
    [{ sliding_window: 5 }, 5],
    [{ local_attention: 16, sliding_window: 5 }, 5],
    [{ local_attention: 16, sliding_window: null }, 8],
    [{ local_attention: 1 }, 1],
    [{}, 64],
  ])('%j is a window of %d keys, the own one included', (keys, window) => {
    // One layer, and that a sliding one: tokens further back have no way to come through.
    const change = { ...keys, num_hidden_layers: 1, layer_types: ['sliding_attention'] };
    expect([sees(change, window - 1), sees(change, window)]).toEqual([true, false]);
    expect(sees({ ...change, layer_types: ['full_attention'] }, window)).toBe(true);
  });

  it('is full in the first layer and each third after it, where the config lists no types', () => {
    const short = { sliding_window: 2, num_hidden_layers: 2 };
    const listed = { ...short, layer_types: ['full_attention', 'sliding_attention'] };
    expect(maxDifference(hidden(short), hidden(listed))).toBe(0);
    const other = { ...short, layer_types: ['sliding_attention', 'full_attention'] };
    expect(maxDifference(hidden(short), hidden(other))).toBeGreaterThan(1e-4);
  });

  it('rotates sliding layers by 10000 where nothing says otherwise', () => {
    const rope_parameters = { full_attention: { rope_type: 'default', rope_theta: 500 } };
    expect(maxDifference(hidden({ local_rope_theta: 10000 }), hidden({}))).toBe(0);
    expect(maxDifference(hidden({ rope_parameters, global_rope_theta: undefined }), hidden({}))).toBe(0);
    expect(maxDifference(hidden({ local_rope_theta: 500 }), hidden({}))).toBeGreaterThan(1e-4);
  });

  it('has a bias of the output unless the config says no, and a head apart from its layers', () => {
    expect([...shapesOf({}).keys()]).toContain('decoder.bias');
    expect([...shapesOf({ decoder_bias: false }).keys()]).not.toContain('decoder.bias');
    expect([...shapesOf({ classifier_bias: true }).keys()]).toContain('lm_head.dense.bias');
    expect([...shapesOf({}).keys()]).not.toContain('layers.0.attn_norm.weight');
  });
});
