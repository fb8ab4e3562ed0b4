// Llama (Touvron et al., 2023): pre-norm decoder with RMSNorm, rotary positions, grouped queries and a gated MLP.
import { z } from 'zod';
import { causalAttention } from './causal-attention.js';
import { layerCount, positiveInteger } from './config-keys.js';
import {
  decoderKeys,
  decoderOutputEmbedding,
  decoderSizes,
  decoderTensorNames,
  resolveDecoder,
} from './decoder-config.js';
import { causalFamily } from './family.js';
import { llamaLayers } from './llama-layers.js';
import { positionsOf } from './rope.js';

const schema = z
  .object({
    vocab_size: positiveInteger.default(32000),
    hidden_size: positiveInteger.default(4096),
    intermediate_size: positiveInteger.default(11008),
    num_hidden_layers: layerCount.default(32),
    num_attention_heads: positiveInteger.default(32),
    max_position_embeddings: positiveInteger.default(2048),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-6),
    ...decoderKeys,
  })
  .transform(resolveDecoder);

export const llama = causalFamily<z.output<typeof schema>>({
  modelType: 'llama',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward: (config, weights, ids, cache) =>
    llamaLayers(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, cache?.positions),
      biases: { qkv: config.attention_bias, output: config.attention_bias, mlp: config.mlp_bias },
      attend: (q, k, v, layer) => causalAttention(q, k, v, config.heads, layer, cache),
    }),
});
