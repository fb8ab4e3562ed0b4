// Tiny-A2D (dLLM, 2025): Qwen3 without the causal mask. Its rows are not shifted.
import type { z } from 'zod';
import { decoderOutputEmbedding, decoderSizes, decoderTensorNames } from './decoder-config.js';
import { denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import { qwen3Layers, qwen3Schema } from './qwen3.js';
import { positionsOf } from './rope.js';

export const a2dQwen3 = denoiserFamily<z.output<typeof qwen3Schema>>({
  name: 'a2d-qwen3',
  modelType: 'a2d-qwen3',
  config: qwen3Schema,
  tensorNames: decoderTensorNames,
  shift: false,
  ignored: [/(^|\.)rotary_emb\.inv_freq$/],
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,
  encode: (config, weights, ids, packed) =>
    qwen3Layers(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, packed?.positions),
      attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
    }),
});
