// EuroBERT (Boizard et al., 2025): Llama's layers without the causal mask. Every position sees every other.
import { z } from 'zod';
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotary } from '../ops/rotary.js';
import type { Tensor } from '../tensor/tensor.js';
import { layerCount, positiveInteger } from './config-keys.js';
import {
  decoderKeys,
  decoderOutputEmbedding,
  decoderSizes,
  decoderTensorNames,
  resolveDecoder,
} from './decoder-config.js';
import { encoderAttention } from './encoder-attention.js';
import { maskedFamily } from './family.js';
import { gatedMlp } from './gated-mlp.js';
import { project } from './projection.js';
import { positionsOf, rotaryTables } from './rope.js';

const schema = z
  .object({
    vocab_size: positiveInteger.default(128256),
    hidden_size: positiveInteger.default(768),
    intermediate_size: positiveInteger.default(3072),
    num_hidden_layers: layerCount.default(12),
    num_attention_heads: positiveInteger.default(12),
    max_position_embeddings: positiveInteger.default(8192),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-5),
    ...decoderKeys,
    rope_theta: z.number().positive().default(250000),
  })
  .transform(resolveDecoder);

export const eurobert = maskedFamily<z.output<typeof schema>>({
  modelType: 'eurobert',
  config: schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  // The key for biases of the MLP gives the output embedding one too.
  outputEmbedding: (config) => ({
    ...decoderOutputEmbedding(config),
    bias: config.mlp_bias ? 'lm_head.bias' : undefined,
  }),

  encode(config, weights, ids, packed) {
    const { hidden_size: hiddenSize, attention_bias: bias, heads } = config;
    const width = heads.heads * heads.headSize;
    const kvWidth = heads.kvHeads * heads.headSize;
    const norm = (x: Tensor, name: string) =>
      rmsNorm(x, weights.get(`${name}.weight`, [hiddenSize]), config.rms_norm_eps);
    const { cos, sin } = rotaryTables(config.rope, positionsOf(ids.shape[1]!, packed?.positions));

    let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const h = norm(x, `${name}.input_layernorm`);
      const projected = (projection: string, size: number) =>
        project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
      const q = rotary(projected('q_proj', width), cos, sin, { heads: heads.heads });
      const k = rotary(projected('k_proj', kvWidth), cos, sin, { heads: heads.kvHeads });
      const attended = encoderAttention(q, k, projected('v_proj', kvWidth), heads, packed);
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

  // There is no prediction head: the output embedding multiplies the encoder's hidden states.
  transform: (_config, _weights, encoded) => encoded,
});
