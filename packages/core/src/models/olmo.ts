// OLMo (Groeneveld et al., 2024): pre-norm decoder with non-parametric LayerNorm, rotary positions and a gated MLP.
import { z } from 'zod';
import { add, clip } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { rotary } from '../ops/rotary.js';
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
    clip_qkv: z.number().positive().nullish(),
    ...decoderKeys,
  })
  .transform(resolveDecoder);

/** transformers' OlmoLayerNorm: no scale, no shift. */
const epsilon = 1e-5;

export const olmo = causalFamily<z.output<typeof schema>>({
  modelType: 'olmo',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, clip_qkv: clipQkv, attention_bias: bias, heads } = config;
    const width = heads.heads * heads.headSize;
    const kvWidth = heads.kvHeads * heads.headSize;
    const { cos, sin } = rotaryTables(config.rope, positionsOf(ids.shape[1]!, cache?.positions));

    let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const h = layerNorm(x, { epsilon });
      const clipped = (projection: string, size: number) => {
        const y = project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
        return clipQkv ? clip(y, { min: -clipQkv, max: clipQkv }) : y;
      };
      const q = rotary(clipped('q_proj', width), cos, sin, { heads: heads.heads });
      const k = rotary(clipped('k_proj', kvWidth), cos, sin, { heads: heads.kvHeads });
      const attended = causalAttention(q, k, clipped('v_proj', kvWidth), heads, layer, cache);
      x = add(x, project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], { bias }));
      x = add(
        x,
        gatedMlp(weights, layerNorm(x, { epsilon }), `${name}.mlp`, {
          hiddenSize,
          innerSize: config.intermediate_size,
          activation: config.hidden_act,
        }),
      );
    }
    return layerNorm(x, { epsilon });
  },
});
