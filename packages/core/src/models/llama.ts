// Llama (Touvron et al., 2023): pre-norm decoder with RMSNorm, rotary positions, grouped queries and a gated MLP.
import { z } from 'zod';
import type { Tensor } from '../tensor/tensor.js';
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
import { type LlamaForm, llamaLayers } from './llama-layers.js';
import { positionsOf } from './rope.js';
import type { Weights } from './weights.js';

export const llamaSchema = z
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

export const llama = causalFamily<z.output<typeof llamaSchema>>({
  modelType: 'llama',
  config: llamaSchema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward: (config, weights, ids, cache) =>
    llamaForward(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, cache?.positions),
      attend: (q, k, v, layer) => causalAttention(q, k, v, config.heads, layer, cache),
    }),
});

/** The layers with this family's biases, whatever attention sees. */
export function llamaForward(
  config: z.output<typeof llamaSchema>,
  weights: Weights,
  ids: Tensor,
  form: Omit<LlamaForm, 'biases'>,
): Tensor {
  const biases = { qkv: config.attention_bias, output: config.attention_bias, mlp: config.mlp_bias };
  return llamaLayers(config, weights, ids, { ...form, biases });
}
