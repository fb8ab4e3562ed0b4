// GPT-2 (Radford et al., 2019): pre-norm decoder with learned positions; its linear layers are stored [in, out].
import { z } from 'zod';
import { range } from '../ops/range.js';
import { activationSchema } from './activation.js';
import { causalAttention } from './causal-attention.js';
import { layerCount, only, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { causalFamily, type ModelSizes, outputMatrix } from './family.js';
import { gpt2Layers, headsOf } from './gpt2-layers.js';

export const gpt2Keys = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

export const gpt2Schema = z.object({
  vocab_size: positiveInteger.default(50257),
  n_positions: positiveInteger.default(1024),
  n_embd: positiveInteger.default(768),
  n_layer: layerCount.default(12),
  n_head: positiveInteger.default(12),
  n_inner: positiveInteger.nullish(),
  activation_function: activationSchema.default('gelu_new'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: only(false),
  tie_word_embeddings: z.boolean().default(true),
  ...specialIdKeys,
});

type Gpt2Config = z.output<typeof gpt2Schema>;

export function gpt2Sizes(config: Gpt2Config): ModelSizes {
  return {
    hiddenSize: config.n_embd,
    vocabularySize: config.vocab_size,
    layers: config.n_layer,
    kvHeads: config.n_head,
    headSize: headSizeOf(config.n_embd, config.n_head),
    maxLength: config.n_positions,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  };
}

export const gpt2 = causalFamily<Gpt2Config>({
  modelType: 'gpt2',
  config: gpt2Schema,
  ownKeys: gpt2Keys,
  tensorNames: { prefixes: ['transformer.', ''], head: ['lm_head'] },

  sizes: gpt2Sizes,

  outputEmbedding: (config) => outputMatrix(config, { table: 'wte.weight', own: 'lm_head.weight' }),

  forward: (config, weights, ids, cache) =>
    gpt2Layers(config, weights, ids, {
      positions: cache?.positions ?? range(ids.shape[1]!),
      attend: (q, k, v, layer, scale) => causalAttention(q, k, v, headsOf(config), layer, cache, { scale }),
    }),
});
