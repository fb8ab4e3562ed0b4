// What a lane is said to hold while another one is copied to it: only what is there.
import { expect, it } from 'vitest';
import type { Backend } from '../tensor/backend.js';
import { referenceBackend, weightsInMemory } from '../tensor/evaluate.js';
import { createCausalModel } from './causal-model.js';
import type { CausalArchitecture } from './family.js';
import { parameterShapes } from './parameter-shapes.js';
import { tracePart } from './part.js';
import { readArchitecture } from './registry.js';
import { randomTensors } from './tiny-checkpoint.test.support.js';

const architecture = readArchitecture(
  {
    model_type: 'olmo2',
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 6,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 8,
  },
  'config.json',
) as CausalArchitecture;

/** Copies at once, and tells of it when it may. */
function late(backend: Backend, mayTell: Promise<void>): Backend {
  return {
    ...backend,
    async compile(...given) {
      const executable = await backend.compile(...given);
      return {
        ...executable,
        copyLane: async (...copied) => {
          await executable.copyLane(...copied);
          await mayTell;
        },
      };
    },
  };
}

it('is nothing until the copy is there, and what was there when it began', async () => {
  const weights = weightsInMemory(randomTensors(Object.fromEntries(parameterShapes(architecture))));
  const part = tracePart(architecture, weights, { capacity: 8, lanes: 2 });
  let tell = () => {};
  const mayTell = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const model = await createCausalModel(late(referenceBackend(), mayTell), part);
  await model.extend([
    { lane: 0, ids: Int32Array.of(1, 2, 3, 4) },
    { lane: 1, ids: Int32Array.of(5, 6, 7, 8) },
  ]);
  const copying = model.copy(0, 1, 3);
  // Who looks for a beginning meanwhile would find what is written over.
  expect(model.length(1)).toBe(0);
  model.truncate(0, 1);
  await model.extend([{ lane: 0, ids: Int32Array.of(9, 9) }]);
  tell();
  await copying;
  expect([...model.ids(1)]).toEqual([1, 2, 3]);
});
