// A small config of each family, for tests of all families.

// Sizes chosen to be awkward: odd heads where nothing rotates, grouped queries, a part of each head rotated.
const decoder = {
  vocab_size: 23,
  hidden_size: 24,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};
const encoder = { ...decoder, num_attention_heads: 8, max_position_embeddings: 40 };
const configs: Readonly<Record<string, object>> = {
  olmo: { ...decoder, num_key_value_heads: 2, clip_qkv: 0.3 },
  olmo2: { ...decoder, num_key_value_heads: 2, attention_bias: true },
  gpt2: {
    vocab_size: 23,
    n_embd: 15,
    n_head: 3,
    n_layer: 2,
    n_positions: 40,
    scale_attn_by_inverse_layer_idx: true,
  },
  gpt_neox: { ...decoder, hidden_size: 40, rotary_pct: 0.4 },
  llama: {
    ...decoder,
    num_key_value_heads: 1,
    head_dim: 10,
    mlp_bias: true,
    rope_scaling: { type: 'linear', factor: 2 },
  },
  qwen2: { ...decoder, num_key_value_heads: 2, hidden_act: 'mish' },
  qwen3: { ...decoder, num_key_value_heads: 2, head_dim: 14, hidden_act: 'quick_gelu' },
  modernbert: { ...encoder, num_attention_heads: 4, local_attention: 6 },
  gemma2: {
    ...decoder,
    num_key_value_heads: 2,
    head_dim: 14,
    query_pre_attn_scalar: 9,
    sliding_window: 3,
    attn_logit_softcapping: 2,
    final_logit_softcapping: 4,
  },
  'modernbert-decoder': { ...decoder, norm_bias: true, attention_bias: true, local_attention: 6 },
  eurobert: { ...encoder, num_key_value_heads: 2, head_dim: 6, mlp_bias: true, hidden_act: 'relu' },
  bert: { ...encoder, hidden_act: 'gelu_new' },
  roberta: { ...encoder, hidden_act: 'relu2' },
  distilbert: {
    vocab_size: 23,
    dim: 24,
    hidden_dim: 20,
    n_layers: 2,
    n_heads: 8,
    max_position_embeddings: 40,
  },
  electra: { ...encoder, embedding_size: 10, hidden_act: 'hardswish' },
};

/** A config.json of the family, of 23 tokens and at least 24 positions. @throws Error where none is written here */
export function smallConfig(modelType: string): object {
  const config = configs[modelType];
  if (!config) throw new Error(`the family "${modelType}" has no small config: add one to this file`);
  return { model_type: modelType, ...config };
}
