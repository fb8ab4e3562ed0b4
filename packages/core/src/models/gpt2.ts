// GPT-2 (Radford et al., 2019): pre-norm decoder with learned positions; its linear layers are stored [in, out].
import { z } from 'zod';
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { range } from '../ops/range.js';
import { split } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { causalAttention } from './causal-attention.js';
import { layerCount, only, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { causalFamily, outputMatrix } from './family.js';
import { layerNormNamed, projectTransposed } from './projection.js';

const ownKeys = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

const schema = z.object({
  vocab_size: positiveInteger.default(50257),
  n_positions: positiveInteger.default(1024),
  n_embd: positiveInteger.default(768),
  n_layer: layerCount.default(12),
  n_head: positiveInteger.default(12),
  n_inner: positiveInteger.nullish(),
  activation_function: activationSchema.default('gelu_new'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: only(false),
  tie_word_embeddings: z.boolean().default(true),
  ...specialIdKeys,
});

export const gpt2 = causalFamily<z.output<typeof schema>>({
  modelType: 'gpt2',
  config: schema,
  ownKeys,
  tensorNames: { prefixes: ['transformer.', ''], head: ['lm_head'] },

  sizes: (config) => ({
    hiddenSize: config.n_embd,
    vocabularySize: config.vocab_size,
    layers: config.n_layer,
    kvHeads: config.n_head,
    headSize: headSizeOf(config.n_embd, config.n_head),
    maxLength: config.n_positions,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => outputMatrix(config, { table: 'wte.weight', own: 'lm_head.weight' }),

  forward(config, weights, ids, cache) {
    const hiddenSize = config.n_embd;
    const innerSize = config.n_inner ?? 4 * hiddenSize;
    const headSize = headSizeOf(hiddenSize, config.n_head);
    const heads = { heads: config.n_head, kvHeads: config.n_head, headSize };
    const norm = (x: Tensor, name: string) =>
      layerNormNamed(weights, x, name, hiddenSize, config.layer_norm_epsilon);

    const positions = cache?.positions ?? range(ids.shape[1]!);
    const tokens = embedding(ids, weights.get('wte.weight', [config.vocab_size, hiddenSize]));
    let x = add(tokens, embedding(positions, weights.get('wpe.weight', [config.n_positions, hiddenSize])));
    for (let layer = 0; layer < config.n_layer; layer++) {
      const name = `h.${layer}`;
      const qkv = projectTransposed(weights, norm(x, `${name}.ln_1`), `${name}.attn.c_attn`, [
        hiddenSize,
        3 * hiddenSize,
      ]);
      const [q, k, v] = split(qkv, [hiddenSize, hiddenSize, hiddenSize]) as [Tensor, Tensor, Tensor];
      const scale =
        (config.scale_attn_weights ? 1 / Math.sqrt(headSize) : 1) /
        (config.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
      const attended = causalAttention(q, k, v, heads, layer, cache, { scale });
      x = add(x, projectTransposed(weights, attended, `${name}.attn.c_proj`, [hiddenSize, hiddenSize]));
      const inner = projectTransposed(weights, norm(x, `${name}.ln_2`), `${name}.mlp.c_fc`, [
        hiddenSize,
        innerSize,
      ]);
      const activated = activate(config.activation_function, inner);
      x = add(x, projectTransposed(weights, activated, `${name}.mlp.c_proj`, [innerSize, hiddenSize]));
    }
    return norm(x, 'ln_f');
  },
});
