// A text longer than a context is refused before anything runs, with what would let it through.
import { expect, it } from 'vitest';
import { referenceBackend, weightsInMemory } from '../tensor/evaluate.js';
import { createCausalModel, laneOf } from './causal-model.js';
import type { CausalArchitecture, MaskedArchitecture } from './family.js';
import { createMaskedModel } from './masked-model.js';
import { parameterShapes } from './parameter-shapes.js';
import { tracePart } from './part.js';
import { readArchitecture } from './registry.js';
import { randomTensors } from './tiny-checkpoint.test.support.js';

const sizes = {
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
function modelOf(type: string) {
  const architecture = readArchitecture(
    { ...sizes, model_type: type, max_position_embeddings: 6 },
    'config.json',
  );
  return {
    architecture,
    weights: weightsInMemory(randomTensors(Object.fromEntries(parameterShapes(architecture)))),
  };
}

it.each([
  [4, /a longer context than 4; the model was made for 6/],
  [6, /a model of a longer context/],
])('by an AR model with a KV cache of %d tokens', async (capacity, hint) => {
  const { architecture, weights } = modelOf('olmo2');
  const part = tracePart(architecture as CausalArchitecture, weights, { capacity });
  const model = laneOf(await createCausalModel(referenceBackend(), part), 0);
  await model.extend(new Int32Array(capacity));
  await expect(model.extend(new Int32Array(1))).rejects.toMatchObject({
    code: 'context-too-long',
    try: expect.stringMatching(hint),
  });
  expect(model.length).toBe(capacity);
});

it('by an MLM', async () => {
  const { architecture, weights } = modelOf('modernbert');
  const part = tracePart(architecture as MaskedArchitecture, weights);
  const model = await createMaskedModel(referenceBackend(), part);
  await expect(model.encode([new Int32Array(7)])).rejects.toMatchObject({
    code: 'context-too-long',
    try: expect.stringMatching(/an MLM of a longer context/),
  });
});
