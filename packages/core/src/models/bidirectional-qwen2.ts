// Qwen2 without the causal mask, whose row i-1 is for position i: what Dream and Open-dCoder are.
import type { z } from 'zod';
import { decoderOutputEmbedding, decoderSizes, decoderTensorNames } from './decoder-config.js';
import { type DenoiserDefinition, denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import { qwen2Forward, qwen2Schema } from './qwen2.js';
import { positionsOf } from './rope.js';

type Config = z.output<typeof qwen2Schema>;
type Own = Pick<DenoiserDefinition<Config>, 'name' | 'modelType' | 'recognizes' | 'maskId'>;

export function bidirectionalQwen2(own: Own) {
  return denoiserFamily<Config>({
    ...own,
    config: qwen2Schema,
    tensorNames: decoderTensorNames,
    shift: true,
    ignored: [/(^|\.)rotary_emb\.inv_freq$/],
    sizes: decoderSizes,
    outputEmbedding: decoderOutputEmbedding,
    encode: (config, weights, ids, packed) =>
      qwen2Forward(config, weights, ids, {
        positions: positionsOf(ids.shape[1]!, packed?.positions),
        attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
      }),
  });
}
