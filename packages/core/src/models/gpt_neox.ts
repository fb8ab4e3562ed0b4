// GPT-NeoX (Black et al., 2022) and Pythia: attention and MLP side by side, rotary positions on a part of each head.
import { z } from 'zod';
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rotary } from '../ops/rotary.js';
import { reshape, slice } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { causalAttention } from './causal-attention.js';
import { layerCount, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { causalFamily, outputMatrix } from './family.js';
import { layerNormNamed, project } from './projection.js';
import { positionsOf, readRope, ropeKeys, rotaryTables } from './rope.js';

const schema = z
  .object({
    vocab_size: positiveInteger.default(50432),
    hidden_size: positiveInteger.default(6144),
    intermediate_size: positiveInteger.default(24576),
    num_hidden_layers: layerCount.default(44),
    num_attention_heads: positiveInteger.default(64),
    max_position_embeddings: positiveInteger.default(2048),
    hidden_act: activationSchema.default('gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
    use_parallel_residual: z.boolean().default(true),
    attention_bias: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(false),
    // transformers 4; version 5 has both in rope_parameters
    rotary_pct: z.number().positive().max(1).default(0.25),
    rotary_emb_base: z.number().positive().nullish(),
    ...specialIdKeys,
    ...ropeKeys,
  })
  .transform((config) => {
    const headSize = headSizeOf(config.hidden_size, config.num_attention_heads);
    const rope = readRope(
      { ...config, rope_theta: config.rotary_emb_base ?? config.rope_theta },
      { headSize, maxLength: config.max_position_embeddings, rotaryFactor: config.rotary_pct },
    );
    return { ...config, headSize, rope };
  });

export const gptNeox = causalFamily<z.output<typeof schema>>({
  modelType: 'gpt_neox',
  config: schema,
  tensorNames: {
    prefixes: ['gpt_neox.', ''],
    head: ['embed_out'],
    // What transformers 5 calls it in memory; it reads both names.
    alternatives: (name) => (name === 'embed_out.weight' ? ['lm_head.weight'] : []),
  },

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: config.headSize,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => outputMatrix(config, { table: 'embed_in.weight', own: 'embed_out.weight' }),

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, intermediate_size: innerSize, headSize, attention_bias: bias } = config;
    const count = config.num_attention_heads;
    const heads = { heads: count, kvHeads: count, headSize };
    const norm = (x: Tensor, name: string) =>
      layerNormNamed(weights, x, name, hiddenSize, config.layer_norm_eps);
    const [batch, time] = [ids.shape[0]!, ids.shape[1]!];
    const { cos, sin } = rotaryTables(config.rope, positionsOf(time, cache?.positions));

    const attend = (h: Tensor, name: string, layer: number) => {
      const fused = project(weights, h, `${name}.query_key_value`, [3 * hiddenSize, hiddenSize], { bias });
      // Each head has its q, k and v side by side.
      const byHead = reshape(fused, [batch, time, count, 3 * headSize]);
      const third = (i: number) =>
        reshape(slice(byHead, { axis: -1, start: i * headSize, end: (i + 1) * headSize }), h.shape);
      const q = rotary(third(0), cos, sin, { heads: count });
      const k = rotary(third(1), cos, sin, { heads: count });
      const attended = causalAttention(q, k, third(2), heads, layer, cache);
      return project(weights, attended, `${name}.dense`, [hiddenSize, hiddenSize], { bias });
    };
    const mlp = (h: Tensor, name: string) => {
      const inner = project(weights, h, `${name}.dense_h_to_4h`, [innerSize, hiddenSize], { bias: true });
      const activated = activate(config.hidden_act, inner);
      return project(weights, activated, `${name}.dense_4h_to_h`, [hiddenSize, innerSize], { bias: true });
    };

    let x = embedding(ids, weights.get('embed_in.weight', [config.vocab_size, hiddenSize]));
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const name = `layers.${layer}`;
      const afterAttention = add(x, attend(norm(x, `${name}.input_layernorm`), `${name}.attention`, layer));
      const read = config.use_parallel_residual ? x : afterAttention;
      x = add(afterAttention, mlp(norm(read, `${name}.post_attention_layernorm`), `${name}.mlp`));
    }
    return norm(x, 'final_layer_norm');
  },
});
