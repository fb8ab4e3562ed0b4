// Reading configs: what does not fit is told in the same words for every family, and before any weight is looked at.
import { describe, expect, it } from 'vitest';
import { weightsInMemory } from '../tensor/evaluate.js';
import { smallConfig } from './family-configs.test.support.js';
import { parameterShapes } from './parameter-shapes.js';
import { familyNames, readArchitecture } from './registry.js';
import { Weights } from './weights.js';

const read = (modelType: string, change: object) =>
  readArchitecture({ ...smallConfig(modelType), ...change }, 'DIR/config.json');

describe.each(familyNames)('a config of %s', (modelType) => {
  it.each([
    // Numbers that would fill memory.
    [
      { num_hidden_layers: 1e9 },
      'num_hidden_layers',
      'it must be a whole number above 0 and of at most 1000, and is 1000000000',
    ],
    // By the name that stands in the file, whatever the family calls it.
    [{ hidden_size: 'x' }, 'hidden_size', 'it must be a whole number above 0, and is "x"'],
    [{ vocab_size: 1.5 }, 'vocab_size', 'it must be a whole number above 0, and is 1.5'],
    [{ tie_word_embeddings: 'yes' }, 'tie_word_embeddings', 'it must be true or false, and is "yes"'],
    [
      { eos_token_id: 'x' },
      'eos_token_id',
      'it must be a whole number or a list of whole numbers, and is "x"',
    ],
    // Another token's row would be read.
    [{ eos_token_id: -1 }, 'eos_token_id', 'it must be the id of a token, 0 to 22, and is -1'],
    [{ bos_token_id: 23 }, 'bos_token_id', 'it must be the id of a token, 0 to 22, and is 23'],
    [{ pad_token_id: 2 ** 32 }, 'pad_token_id', 'it must be the id of a token, 0 to 22, and is 4294967296'],
    [{ mask_token_id: -1 }, 'mask_token_id', 'it must be the id of a token, 0 to 22, and is -1'],
    [
      { eos_token_id: [2 ** 32, 1] },
      'eos_token_id',
      'it must be the id of a token, 0 to 22, and is 4294967296',
    ],
  ])('is refused with %j', (change, key, fact) => {
    expect(() => read(modelType, change)).toThrow(
      `Cannot load the model: DIR/config.json, key "${key}": ${fact}.`,
    );
  });

  it('may be of a thousand layers', () => {
    expect(readArchitecture({ model_type: modelType, num_hidden_layers: 1000 }, '').sizes.layers).toBe(1000);
  });

  it('that ties finds the table under the name of the output matrix too, and one that does not ties nothing', () => {
    const tied = read(modelType, { tie_word_embeddings: true });
    const { weight, untied } = tied.outputEmbedding;
    const other = read(modelType, { tie_word_embeddings: false });
    expect(other.outputEmbedding.weight).toBe(untied);
    const only = (name: string, { tensorNames }: typeof tied) =>
      new Weights(weightsInMemory({ [name]: { shape: [1], data: Float32Array.of(0) } }), tensorNames);
    expect(only(untied!, tied).resolve(weight)).toBe(untied);
    expect(only(untied!, other).resolve(weight)).toBeUndefined();
    expect(only(weight, other).resolve(untied!)).toBeUndefined();
  });

  it('asks for tensors by the names that the checkpoint would have', () => {
    const architecture = read(modelType, { tie_word_embeddings: false });
    const [base = ''] = architecture.tensorNames.prefixes;
    const shapes = [...parameterShapes(architecture)];
    const spelled = shapes.map(([name]) => {
      const source = weightsInMemory({ [`${base}x`]: { shape: [1], data: Float32Array.of(0) } });
      return new Weights(source, architecture.tensorNames).spell(name);
    });
    const { weight } = architecture.outputEmbedding;
    expect(spelled).toContain(weight);
    expect(spelled[0]).toBe(base + shapes[0]![0]);
    // A base model is saved without the prefix.
    const bare = weightsInMemory({ x: { shape: [1], data: Float32Array.of(0) } });
    expect(new Weights(bare, architecture.tensorNames).spell('a.b')).toBe('a.b');
  });
});

describe('readArchitecture', () => {
  it('refuses heads that no table of rotations is made for', () => {
    expect(() => readArchitecture({ model_type: 'llama', head_dim: 2 ** 40 }, 'config.json')).toThrow(
      `config.json rotates heads of ${2 ** 40} numbers`,
    );
  });

  it.each([{}, [], null, 'x', { model_type: 3 }])('refuses %j', (config) => {
    expect(() => readArchitecture(config, 'config.json')).toThrow(
      'Cannot load the model: config.json has no model_type.',
    );
  });

  it('refuses a padding id behind which no positions are left', () => {
    expect(() => read('roberta', { pad_token_id: 9, max_position_embeddings: 10 })).toThrow(
      'Cannot load the model: DIR/config.json, key "pad_token_id": positions are counted from behind it, and there are none.',
    );
    expect(() => read('roberta', { pad_token_id: -1 })).toThrow(
      'key "pad_token_id": it must be a whole number of at least 0, and is -1.',
    );
  });
});
