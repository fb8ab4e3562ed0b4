// Llama (Touvron et al., 2023): pre-norm decoder with RMSNorm, rotary positions, grouped queries and a gated MLP.
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

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, attention_bias: bias, heads } = config;
    const width = heads.heads * heads.headSize;
    const kvWidth = heads.kvHeads * heads.headSize;
    const norm = (x: Tensor, name: string) =>
      rmsNorm(x, weights.get(`${name}.weight`, [hiddenSize]), config.rms_norm_eps);
    const { cos, sin } = rotaryTables(config.rope, positionsOf(ids.shape[1]!, cache?.positions));

    let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const h = norm(x, `${name}.input_layernorm`);
      const projected = (projection: string, size: number) =>
        project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
      const q = rotary(projected('q_proj', width), cos, sin, { heads: heads.heads });
      const k = rotary(projected('k_proj', kvWidth), cos, sin, { heads: heads.kvHeads });
      const attended = causalAttention(q, k, projected('v_proj', kvWidth), heads, layer, cache);
      x = add(x, project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], { bias }));
      x = add(
        x,
        gatedMlp(weights, norm(x, `${name}.post_attention_layernorm`), `${name}.mlp`, {
          hiddenSize,
          innerSize: config.intermediate_size,
          activation: config.hidden_act,
          bias: config.mlp_bias,
        }),
      );
    }
    return norm(x, 'norm');
  },
});
