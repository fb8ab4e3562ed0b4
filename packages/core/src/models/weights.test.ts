// Tensors by name: which spellings are found, and what is said of one that is not there.
import { describe, expect, it } from 'vitest';
import { weightsInMemory } from '../tensor/evaluate.js';
import { Weights } from './weights.js';

const names = { prefixes: ['model.', ''], head: ['lm_head'] };
const of = (...stored: string[]) =>
  new Weights(
    weightsInMemory(
      Object.fromEntries(stored.map((name) => [name, { shape: [2], data: Float32Array.of(1, 2) }])),
    ),
    names,
  );
const messageOf = (weights: Weights, name: string, shape = [2]) => {
  try {
    weights.get(name, shape);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

describe('Weights', () => {
  it('says what is missing as the checkpoint would spell it, and what it has that is like it', () => {
    const whole = of('model.layers.0.mlp.up.weight', 'model.layers.0.mlp.down.weight', 'model.norm.weight');
    expect(messageOf(whole, 'layers.1.mlp.up.weight')).toBe(
      'Cannot load the model: the checkpoint has no tensor "model.layers.1.mlp.up.weight" (it has "model.layers.0.mlp.up.weight").',
    );
    expect(messageOf(of('layers.0.mlp.up.weight'), 'norm.weight')).toBe(
      'Cannot load the model: the checkpoint has no tensor "norm.weight".',
    );
    // The head stands beside the base model.
    expect(messageOf(whole, 'lm_head.weight')).toBe(
      'Cannot load the model: the checkpoint has no tensor "lm_head.weight".',
    );
    expect(messageOf(of('model.norm.weight', 'language_model.lm_head.weight'), 'lm_head.weight')).toBe(
      'Cannot load the model: the checkpoint has no tensor "lm_head.weight" (it has "language_model.lm_head.weight").',
    );
  });

  it('names the tensor of another shape as it is stored', () => {
    expect(messageOf(of('model.norm.weight'), 'norm.weight', [3])).toBe(
      'Cannot load the model: tensor "model.norm.weight" is [2], config.json asks for [3].',
    );
    expect(messageOf(of('norm.weight'), 'norm.weight')).toBeUndefined();
  });
});
