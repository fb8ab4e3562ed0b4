// A decoder of the Llama line without the causal mask: what denoisers are that were made of one.
import type { Tensor } from '../tensor/tensor.js';
import { decoderOutputEmbedding, decoderSizes, decoderTensorNames } from './decoder-config.js';
import { type DenoiserDefinition, denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import type { LlamaForm } from './llama-layers.js';
import { positionsOf } from './rope.js';
import type { Weights } from './weights.js';

type DecoderConfig = Parameters<typeof decoderSizes>[0] & Parameters<typeof decoderOutputEmbedding>[0];

interface Own<C>
  extends Pick<DenoiserDefinition<C>, 'name' | 'modelType' | 'config' | 'shift' | 'recognizes' | 'maskId'> {
  /** All layers and the final norm, with any attention. */
  forward(config: C, weights: Weights, ids: Tensor, form: Pick<LlamaForm, 'positions' | 'attend'>): Tensor;
}

export function bidirectionalDecoder<C extends DecoderConfig>({ forward, ...own }: Own<C>) {
  return denoiserFamily<C>({
    ...own,
    tensorNames: decoderTensorNames,
    ignored: [/(^|\.)rotary_emb\.inv_freq$/],
    sizes: decoderSizes,
    outputEmbedding: decoderOutputEmbedding,
    encode: (config, weights, ids, packed) =>
      forward(config, weights, ids, {
        positions: positionsOf(ids.shape[1]!, packed?.positions),
        attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
      }),
  });
}
