// DistilBERT (Sanh et al., 2019): a smaller BERT without segments, under names of its own.
import { z } from 'zod';
import { add, cast } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { gammaAndBeta } from './bert-encoder.js';
import { layerCount, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { encoderAttention } from './encoder-attention.js';
import { maskedFamily, outputMatrix } from './family.js';
import { layerNormNamed, project } from './projection.js';
import { positionsOf } from './rope.js';

const ownKeys = { hidden_size: 'dim', num_attention_heads: 'n_heads', num_hidden_layers: 'n_layers' };

// sinusoidal_pos_embds says how the position table was first filled; checkpoints hold the table.
const schema = z.object({
  vocab_size: positiveInteger.default(30522),
  max_position_embeddings: positiveInteger.default(512),
  n_layers: layerCount.default(6),
  n_heads: positiveInteger.default(12),
  dim: positiveInteger.default(768),
  hidden_dim: positiveInteger.default(3072),
  activation: activationSchema.default('gelu'),
  tie_word_embeddings: z.boolean().default(true),
  ...specialIdKeys,
});

/** Of every norm; the config has no key for it. */
const epsilon = 1e-12;

export const distilbert = maskedFamily<z.output<typeof schema>>({
  modelType: 'distilbert',
  config: schema,
  ownKeys,
  tensorNames: {
    prefixes: ['distilbert.', ''],
    head: ['vocab_transform', 'vocab_layer_norm', 'vocab_projector'],
    alternatives: gammaAndBeta,
  },

  sizes: (config) => ({
    hiddenSize: config.dim,
    vocabularySize: config.vocab_size,
    layers: config.n_layers,
    kvHeads: config.n_heads,
    headSize: headSizeOf(config.dim, config.n_heads),
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => ({
    ...outputMatrix(config, { table: 'embeddings.word_embeddings.weight', own: 'vocab_projector.weight' }),
    bias: 'vocab_projector.bias',
  }),

  encode(config, weights, ids, packed) {
    const { dim: size, hidden_dim: innerSize, n_heads: heads, activation } = config;
    const dense = (x: Tensor, name: string, shape: readonly [number, number] = [size, size]) =>
      project(weights, x, name, shape, { bias: true });
    const norm = (x: Tensor, name: string) => layerNormNamed(weights, x, name, size, epsilon);
    const table = (name: string, rows: number) => weights.get(`embeddings.${name}.weight`, [rows, size]);

    const positions = cast(positionsOf(ids.shape[1]!, packed?.positions), 'int32');
    const tokens = embedding(ids, table('word_embeddings', config.vocab_size));
    const places = embedding(positions, table('position_embeddings', config.max_position_embeddings));
    let x = norm(add(tokens, places), 'embeddings.LayerNorm');
    for (let layer = 0; layer < config.n_layers; layer++) {
      const name = `transformer.layer.${layer}`;
      const [q, k, v] = ['q_lin', 'k_lin', 'v_lin'].map((part) => dense(x, `${name}.attention.${part}`));
      const attended = dense(encoderAttention(q!, k!, v!, { heads }, packed), `${name}.attention.out_lin`);
      const afterAttention = norm(add(attended, x), `${name}.sa_layer_norm`);
      const inner = activate(activation, dense(afterAttention, `${name}.ffn.lin1`, [innerSize, size]));
      const outer = dense(inner, `${name}.ffn.lin2`, [size, innerSize]);
      x = norm(add(outer, afterAttention), `${name}.output_layer_norm`);
    }
    return x;
  },

  transform({ dim: size, activation }, weights, encoded) {
    const dense = project(weights, encoded, 'vocab_transform', [size, size], { bias: true });
    return layerNormNamed(weights, activate(activation, dense), 'vocab_layer_norm', size, epsilon);
  },
});
