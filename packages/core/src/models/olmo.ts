// OLMo (Groeneveld et al., 2024): pre-norm decoder with non-parametric LayerNorm, rotary positions and a gated MLP.
import { z } from 'zod';
import { attention } from '../ops/attention.js';
import { cachedAttention } from '../ops/cached-attention.js';
import { add, clip, multiply } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { rotary } from '../ops/rotary.js';
import { activate, activationSchema } from './activation.js';
import { causalFamily } from './family.js';
import { positionsOf, readRope, ropeKeys, rotaryTables } from './rope.js';

const schema = z.object({
  vocab_size: z.number().int().positive(),
  hidden_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive().nullish(),
  hidden_act: activationSchema.default('silu'),
  max_position_embeddings: z.number().int().positive().default(2048),
  attention_bias: z.boolean().default(false),
  clip_qkv: z.number().positive().nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.number().int().nullish(),
  eos_token_id: z.number().int().nullish(),
  ...ropeKeys,
});

type Config = z.infer<typeof schema>;

/** transformers' OlmoLayerNorm: no scale, no shift. */
const epsilon = 1e-5;

function headsOf(config: Config) {
  const heads = config.num_attention_heads;
  return { heads, kvHeads: config.num_key_value_heads ?? heads, headSize: config.hidden_size / heads };
}

export const olmo = causalFamily<Config>({
  modelType: 'olmo',
  config: schema,

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: headsOf(config).kvHeads,
    headSize: headsOf(config).headSize,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id ?? undefined,
    eosId: config.eos_token_id ?? undefined,
  }),

  outputEmbedding: (config) => ({ weight: config.tie_word_embeddings ? 'embed_tokens.weight' : 'lm_head.weight' }),

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, intermediate_size: innerSize, clip_qkv: clipQkv } = config;
    const { heads, kvHeads, headSize } = headsOf(config);
    const { cos, sin } = rotaryTables(readRope(config), headSize, positionsOf(ids.shape[1]!, cache?.pastLength));

    let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const h = layerNorm(x, { epsilon });
      const project = (projection: string, size: number) => {
        const path = `${name}.self_attn.${projection}`;
        const bias = config.attention_bias ? weights.get(`${path}.bias`, [size]) : undefined;
        const y = linear(h, weights.get(`${path}.weight`, [size, hiddenSize]), bias);
        return clipQkv ? clip(y, { min: -clipQkv, max: clipQkv }) : y;
      };
      const q = rotary(project('q_proj', heads * headSize), cos, sin, { heads });
      const k = rotary(project('k_proj', kvHeads * headSize), cos, sin, { heads: kvHeads });
      const v = project('v_proj', kvHeads * headSize);
      const slot = cache?.layer(layer);
      const attended =
        cache && slot
          ? cachedAttention(q, k, v, slot.keys, slot.values, cache.pastLength, { heads, kvHeads })
          : attention(q, k, v, { heads, kvHeads, causal: true });
      const outBias = config.attention_bias ? weights.get(`${name}.self_attn.o_proj.bias`, [hiddenSize]) : undefined;
      const out = weights.get(`${name}.self_attn.o_proj.weight`, [hiddenSize, heads * headSize]);
      x = add(x, linear(attended, out, outBias));

      const m = layerNorm(x, { epsilon });
      const gate = linear(m, weights.get(`${name}.mlp.gate_proj.weight`, [innerSize, hiddenSize]));
      const up = linear(m, weights.get(`${name}.mlp.up_proj.weight`, [innerSize, hiddenSize]));
      const down = weights.get(`${name}.mlp.down_proj.weight`, [hiddenSize, innerSize]);
      x = add(x, linear(multiply(activate(config.hidden_act, gate), up), down));
    }
    return layerNorm(x, { epsilon });
  },
});
