// OLMo 2 (OLMo team, 2025): norms after attention and MLP instead of before, and RMSNorm over all of q and k.
import { z } from 'zod';
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotary } from '../ops/rotary.js';
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
import { gatedMlp } from './gated-mlp.js';
import { project } from './projection.js';
import { positionsOf, rotaryTables } from './rope.js';

const schema = z
  .object({
    vocab_size: positiveInteger.default(50304),
    hidden_size: positiveInteger.default(4096),
    intermediate_size: positiveInteger.default(11008),
    num_hidden_layers: layerCount.default(32),
    num_attention_heads: positiveInteger.default(32),
    max_position_embeddings: positiveInteger.default(2048),
    attention_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-5),
    ...decoderKeys,
  })
  .transform(resolveDecoder);

export const olmo2 = causalFamily<z.output<typeof schema>>({
  modelType: 'olmo2',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, attention_bias: bias, heads } = config;
    const width = heads.heads * heads.headSize;
    const kvWidth = heads.kvHeads * heads.headSize;
    const norm = (x: Tensor, name: string, size: number) =>
      rmsNorm(x, weights.get(`${name}.weight`, [size]), config.rms_norm_eps);
    const { cos, sin } = rotaryTables(config.rope, positionsOf(ids.shape[1]!, cache?.positions));

    let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const projected = (projection: string, size: number) =>
        project(weights, x, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
      const normedQ = norm(projected('q_proj', width), `${name}.self_attn.q_norm`, width);
      const normedK = norm(projected('k_proj', kvWidth), `${name}.self_attn.k_norm`, kvWidth);
      const q = rotary(normedQ, cos, sin, { heads: heads.heads });
      const k = rotary(normedK, cos, sin, { heads: heads.kvHeads });
      const attended = causalAttention(q, k, projected('v_proj', kvWidth), heads, layer, cache);
      const out = project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], { bias });
      x = add(x, norm(out, `${name}.post_attention_layernorm`, hiddenSize));
      const inner = gatedMlp(weights, x, `${name}.mlp`, {
        hiddenSize,
        innerSize: config.intermediate_size,
        activation: config.hidden_act,
      });
      x = add(x, norm(inner, `${name}.post_feedforward_layernorm`, hiddenSize));
    }
    return norm(x, 'norm', hiddenSize);
  },
});
