// DiffuLLaMA (Gong et al., 2024): Llama without the causal mask. Its files are a Llama's: the user has to say what it is.
import type { z } from 'zod';
import { decoderOutputEmbedding, decoderSizes, decoderTensorNames } from './decoder-config.js';
import { denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import { llamaForward, llamaSchema } from './llama.js';
import { positionsOf } from './rope.js';

export const diffullama = denoiserFamily<z.output<typeof llamaSchema>>({
  name: 'diffullama',
  modelType: 'llama',
  recognizes: () => false,
  config: llamaSchema,
  tensorNames: decoderTensorNames,
  shift: true,
  ignored: [/(^|\.)rotary_emb\.inv_freq$/],
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,
  encode: (config, weights, ids, packed) =>
    llamaForward(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, packed?.positions),
      attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
    }),
});
