// Reading configs: numbers that would fill memory before any weight is looked at are refused.
import { describe, expect, it } from 'vitest';
import { familyNames, readArchitecture } from './registry.js';

describe('readArchitecture', () => {
  it.each(familyNames)('refuses a %s of a billion layers', (modelType) => {
    const config = (layers: number) => ({ model_type: modelType, num_hidden_layers: layers });
    expect(readArchitecture(config(1000), 'config.json').sizes.layers).toBe(1000);
    expect(() => readArchitecture(config(1e9), 'config.json')).toThrow(
      /has key "(num_hidden_layers|n_layers?)" that does not fit: Too big/,
    );
  });

  it('refuses heads that no table of rotations is made for', () => {
    expect(() => readArchitecture({ model_type: 'llama', head_dim: 2 ** 40 }, 'config.json')).toThrow(
      `config.json rotates heads of ${2 ** 40} numbers`,
    );
  });
});
