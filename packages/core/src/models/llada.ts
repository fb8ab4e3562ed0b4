// LLaDA (Nie et al., 2025): Llama without the causal mask, in the names and keys of OLMo's first code.
import { z } from 'zod';
import { layerCount, only, positiveInteger } from './config-keys.js';
import { decoderSizes, resolveDecoder } from './decoder-config.js';
import { denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import { llamaLayers } from './llama-layers.js';
import { positionsOf } from './rope.js';

/** Absent, null and false are one. */
const off = z.literal(false).nullish();

const schema = z
  .object({
    d_model: positiveInteger,
    n_layers: layerCount,
    n_heads: positiveInteger,
    n_kv_heads: positiveInteger.nullish(),
    mlp_ratio: positiveInteger.default(4),
    mlp_hidden_size: positiveInteger.nullish(),
    vocab_size: positiveInteger,
    embedding_size: positiveInteger.nullish(),
    max_sequence_length: positiveInteger,
    rms_norm_eps: z.number().positive().default(1e-5),
    rope_theta: z.number().positive().default(10000),
    mask_token_id: z.number().int().nonnegative(),
    // What maria implements one value of.
    activation_type: only('silu'),
    block_type: only('llama'),
    layer_norm_type: only('rms'),
    rope: only(true),
    block_group_size: z.literal(1).default(1),
    alibi: off,
    attention_layer_norm: off,
    bias_for_layer_norm: off,
    include_bias: off,
    include_qkv_bias: off,
    input_emb_norm: off,
    multi_query_attention: off,
    scale_logits: off,
    weight_tying: off,
  })
  .transform((config) =>
    resolveDecoder({
      vocab_size: config.embedding_size ?? config.vocab_size,
      hidden_size: config.d_model,
      intermediate_size: config.mlp_hidden_size ?? config.mlp_ratio * config.d_model,
      num_hidden_layers: config.n_layers,
      num_attention_heads: config.n_heads,
      num_key_value_heads: config.n_kv_heads,
      max_position_embeddings: config.max_sequence_length,
      rms_norm_eps: config.rms_norm_eps,
      rope_theta: config.rope_theta,
      hidden_act: 'silu' as const,
      tie_word_embeddings: false,
      bos_token_id: undefined,
      eos_token_id: undefined,
    }),
  );

/** What Llama calls each part of a layer, and LLaDA. */
const layerParts: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'q_proj',
  'self_attn.k_proj': 'k_proj',
  'self_attn.v_proj': 'v_proj',
  'self_attn.o_proj': 'attn_out',
  post_attention_layernorm: 'ff_norm',
  'mlp.gate_proj': 'ff_proj',
  'mlp.up_proj': 'up_proj',
  'mlp.down_proj': 'ff_out',
};
const otherParts: Readonly<Record<string, string>> = { embed_tokens: 'wte', norm: 'ln_f', lm_head: 'ff_out' };

function spelled(name: string): string {
  const [, layer, part, kind] = /^(?:layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name)!;
  return layer === undefined
    ? `${otherParts[part!]}.${kind}`
    : `blocks.${layer}.${layerParts[part!]}.${kind}`;
}

export const llada = denoiserFamily<z.output<typeof schema>>({
  name: 'llada',
  modelType: 'llada',
  config: schema,
  tensorNames: { prefixes: ['model.transformer.', 'transformer.'], spelled },
  shift: false,
  maskId: ({ mask_token_id: id }) => id as number,
  sizes: decoderSizes,
  outputEmbedding: () => ({ weight: 'lm_head.weight' }),
  encode: (config, weights, ids, packed) =>
    llamaLayers(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, packed?.positions),
      biases: { qkv: false, output: false, mlp: false },
      attend: (q, k, v) => encoderAttention(q, k, v, config.heads, packed),
    }),
});
