// DistilBERT: a layer and the head as written out, its own defaults and general key names.
import { describe, expect, it } from 'vitest';
import { checkInvariants } from './family-invariants.test.support.js';
import { attend, each, gelu, layerNorm, linear, plus, type Rows } from './plain-math.test.support.js';
import { readArchitecture } from './registry.js';
import {
  hiddenStates,
  maxDifference,
  plainTensors,
  randomTensors,
  type Shapes,
} from './tiny-checkpoint.test.support.js';

const ids = [3, 1, 4, 1, 5, 9, 2];
const config = {
  model_type: 'distilbert',
  vocab_size: 11,
  dim: 6,
  hidden_dim: 8,
  n_layers: 1,
  n_heads: 2,
  max_position_embeddings: 14,
  sinusoidal_pos_embds: true,
};
const layer = 'distilbert.transformer.layer.0';
const normShapes = (name: string): Shapes => ({ [`${name}.weight`]: [6], [`${name}.bias`]: [6] });
const denseShapes = (name: string, out = 6, from = 6): Shapes => ({
  [`${name}.weight`]: [out, from],
  [`${name}.bias`]: [out],
});
const tensors = randomTensors({
  'distilbert.embeddings.word_embeddings.weight': [11, 6],
  'distilbert.embeddings.position_embeddings.weight': [14, 6],
  ...normShapes('distilbert.embeddings.LayerNorm'),
  ...denseShapes(`${layer}.attention.q_lin`),
  ...denseShapes(`${layer}.attention.k_lin`),
  ...denseShapes(`${layer}.attention.v_lin`),
  ...denseShapes(`${layer}.attention.out_lin`),
  ...normShapes(`${layer}.sa_layer_norm`),
  ...denseShapes(`${layer}.ffn.lin1`, 8, 6),
  ...denseShapes(`${layer}.ffn.lin2`, 6, 8),
  ...normShapes(`${layer}.output_layer_norm`),
  ...denseShapes('vocab_transform'),
  ...normShapes('vocab_layer_norm'),
});

describe('distilbert', () => {
  it('computes one layer and the head as written out', () => {
    const { vector, matrix } = plainTensors(tensors);
    const dense = (x: Rows, name: string) => linear(x, matrix(`${name}.weight`), vector(`${name}.bias`));
    const norm = (x: Rows, name: string) =>
      layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), 1e-12);
    const table = (name: string) => matrix(`distilbert.embeddings.${name}.weight`);
    const tokens = ids.map((id) => table('word_embeddings')[id]!);
    const x = norm(
      plus(tokens, table('position_embeddings').slice(0, ids.length)),
      'distilbert.embeddings.LayerNorm',
    );
    const [q, k, v] = ['q', 'k', 'v'].map((part) => dense(x, `${layer}.attention.${part}_lin`));
    const attended = dense(attend(q!, k!, v!, { heads: 2, causal: false }), `${layer}.attention.out_lin`);
    const after = norm(plus(attended, x), `${layer}.sa_layer_norm`);
    const outer = dense(each(dense(after, `${layer}.ffn.lin1`), gelu), `${layer}.ffn.lin2`);
    const encoded = norm(plus(outer, after), `${layer}.output_layer_norm`);
    const expected = norm(each(dense(encoded, 'vocab_transform'), gelu), 'vocab_layer_norm');
    expect(maxDifference(hiddenStates(config, tensors, ids), expected)).toBeLessThan(1e-9);
  });

  it('keeps what holds of every encoder', () => checkInvariants(config, tensors, [/k_lin\.bias$/]));

  it('has defaults of its own, and reads general key names', () => {
    const { sizes, outputEmbedding } = readArchitecture(
      { model_type: 'distilbert', num_hidden_layers: 3 },
      'config.json',
    );
    expect(sizes).toMatchObject({ hiddenSize: 768, headSize: 64, layers: 3, maxLength: 512 });
    expect(outputEmbedding).toEqual({
      weight: 'embeddings.word_embeddings.weight',
      untied: 'vocab_projector.weight',
      bias: 'vocab_projector.bias',
    });
    const untied = readArchitecture({ ...config, tie_word_embeddings: false }, 'config.json');
    expect(untied.outputEmbedding.weight).toBe('vocab_projector.weight');
  });
});
