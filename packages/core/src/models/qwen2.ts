// Qwen2 (Yang et al., 2024): a Llama with biases on q, k and v only.
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
import { slidingWindowKeys, windowsOf } from './sliding-window.js';
import type { Weights } from './weights.js';

export const qwen2Schema = z
  .object({
    vocab_size: positiveInteger.default(151936),
    hidden_size: positiveInteger.default(4096),
    intermediate_size: positiveInteger.default(22016),
    num_hidden_layers: layerCount.default(32),
    num_attention_heads: positiveInteger.default(32),
    max_position_embeddings: positiveInteger.default(32768),
    rms_norm_eps: z.number().positive().default(1e-6),
    ...slidingWindowKeys,
    ...decoderKeys,
    num_key_value_heads: positiveInteger.nullable().default(32),
  })
  .transform((config) => ({ ...resolveDecoder(config), windows: windowsOf(config) }));

export const qwen2 = causalFamily<z.output<typeof qwen2Schema>>({
  modelType: 'qwen2',
  config: qwen2Schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward: (config, weights, ids, cache) =>
    qwen2Forward(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, cache?.positions),
      attend: (q, k, v, layer) =>
        causalAttention(q, k, v, config.heads, layer, cache, { window: config.windows[layer] }),
    }),
});

/** The layers with this family's biases, whatever attention sees. */
export function qwen2Forward(
  config: z.output<typeof qwen2Schema>,
  weights: Weights,
  ids: Tensor,
  form: Omit<LlamaForm, 'biases'>,
): Tensor {
  const biases = { qkv: true, output: false, mlp: false };
  return llamaLayers(config, weights, ids, { ...form, biases });
}
