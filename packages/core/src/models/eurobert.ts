// EuroBERT (Boizard et al., 2025): Llama's layers without the causal mask. Every position sees every other.
import { z } from 'zod';
import { layerCount, positiveInteger } from './config-keys.js';
import {
  decoderKeys,
  decoderOutputEmbedding,
  decoderSizes,
  decoderTensorNames,
  resolveDecoder,
} from './decoder-config.js';
import { encoderAttention } from './encoder-attention.js';
import { maskedFamily } from './family.js';
import { llamaLayers } from './llama-layers.js';
import { positionsOf } from './rope.js';

const schema = z
  .object({
    vocab_size: positiveInteger.default(128256),
    hidden_size: positiveInteger.default(768),
    intermediate_size: positiveInteger.default(3072),
    num_hidden_layers: layerCount.default(12),
    num_attention_heads: positiveInteger.default(12),
    max_position_embeddings: positiveInteger.default(8192),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-5),
    ...decoderKeys,
  })
  .transform(resolveDecoder);

export const eurobert = maskedFamily<z.output<typeof schema>>({
  modelType: 'eurobert',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  // The key for biases of the MLP gives the output embedding one too.
  outputEmbedding: (config) => ({
    ...decoderOutputEmbedding(config),
    bias: config.mlp_bias ? 'lm_head.bias' : undefined,
  }),

  encode: (config, weights, ids, packed) =>
    llamaLayers(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, packed?.positions),
      biases: { qkv: config.attention_bias, output: config.attention_bias, mlp: config.mlp_bias },
      attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
    }),

  // There is no prediction head: the output embedding multiplies the encoder's hidden states.
  transform: (_config, _weights, encoded) => encoded,
});
