// Gemma 2 (Gemma Team, 2024): norms before and after each block, every other layer within a window, bounded scores and logits.
import { z } from 'zod';
import { add, multiply } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotary } from '../ops/rotary.js';
import type { Tensor } from '../tensor/tensor.js';
import { activationSchema } from './activation.js';
import { causalAttention } from './causal-attention.js';
import { layerCount, only, positiveInteger, specialIdKeys } from './config-keys.js';
import {
  decoderOutputEmbedding,
  decoderSizes,
  decoderTensorNames,
  resolveDecoder,
} from './decoder-config.js';
import { causalFamily } from './family.js';
import { gatedMlp } from './gated-mlp.js';
import { layerTypeSchema, layerTypesOf } from './layer-types.js';
import { project } from './projection.js';
import { positionsOf, ropeKeys, rotaryTables } from './rope.js';

/** null is none; what is left out has the family's default. */
const softcapSchema = (usual: number) => z.number().positive().nullable().default(usual);

const schema = z
  .object({
    vocab_size: positiveInteger.default(256000),
    hidden_size: positiveInteger.default(2304),
    intermediate_size: positiveInteger.default(9216),
    num_hidden_layers: layerCount.default(26),
    num_attention_heads: positiveInteger.default(8),
    num_key_value_heads: positiveInteger.default(4),
    head_dim: positiveInteger.default(256),
    hidden_activation: activationSchema.default('gelu_pytorch_tanh'),
    max_position_embeddings: positiveInteger.default(8192),
    attention_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-6),
    tie_word_embeddings: z.boolean().default(true),
    query_pre_attn_scalar: z.number().positive().default(256),
    sliding_window: positiveInteger.nullable().default(4096),
    layer_types: z.array(layerTypeSchema).nullish(),
    attn_logit_softcapping: softcapSchema(50),
    final_logit_softcapping: softcapSchema(30),
    use_bidirectional_attention: only(false).nullish(),
    ...specialIdKeys,
    ...ropeKeys,
  })
  .transform((config) => ({
    ...resolveDecoder(config),
    types: layerTypesOf(config, (layer) => layer % 2 === 1),
  }));

export const gemma2 = causalFamily<z.output<typeof schema>>({
  modelType: 'gemma2',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: (config) => ({
    ...decoderOutputEmbedding(config),
    softcap: config.final_logit_softcapping ?? undefined,
  }),

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, attention_bias: bias, heads } = config;
    const width = heads.heads * heads.headSize;
    const kvWidth = heads.kvHeads * heads.headSize;
    // What is stored is how far the scale is from 1.
    const norm = (x: Tensor, name: string) =>
      rmsNorm(x, add(weights.get(`${name}.weight`, [hiddenSize]), 1), config.rms_norm_eps);
    const { cos, sin } = rotaryTables(config.rope, positionsOf(ids.shape[1]!, cache?.positions));
    const form = {
      scale: config.query_pre_attn_scalar ** -0.5,
      softcap: config.attn_logit_softcapping ?? undefined,
    };

    const table = weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]);
    let x = multiply(embedding(ids, table), Math.sqrt(hiddenSize));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const h = norm(x, `${name}.input_layernorm`);
      const projected = (projection: string, size: number) =>
        project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
      const q = rotary(projected('q_proj', width), cos, sin, { heads: heads.heads });
      const k = rotary(projected('k_proj', kvWidth), cos, sin, { heads: heads.kvHeads });
      const window =
        config.types[layer] === 'sliding_attention' ? (config.sliding_window ?? undefined) : undefined;
      const attended = causalAttention(q, k, projected('v_proj', kvWidth), heads, layer, cache, {
        ...form,
        window,
      });
      const out = project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], { bias });
      x = add(x, norm(out, `${name}.post_attention_layernorm`));
      const inner = gatedMlp(weights, norm(x, `${name}.pre_feedforward_layernorm`), `${name}.mlp`, {
        hiddenSize,
        innerSize: config.intermediate_size,
        activation: config.hidden_activation,
      });
      x = add(x, norm(inner, `${name}.post_feedforward_layernorm`));
    }
    return norm(x, 'norm');
  },
});
