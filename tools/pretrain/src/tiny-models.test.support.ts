// For tests: a tiny model of each family, and a batch for it.
import { type Architecture, readArchitecture } from '@maria/core';
import { Batches, type BatchShape, type Framing, type Masking } from './batches.js';

export const vocabularySize = 40;
export const configs = {
  olmo: {
    model_type: 'olmo',
    vocab_size: vocabularySize,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
    eos_token_id: 0,
  },
  modernbert: {
    model_type: 'modernbert',
    vocab_size: vocabularySize,
    hidden_size: 16,
    intermediate_size: 12,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    max_position_embeddings: 64,
    global_attn_every_n_layers: 3,
    local_attention: 4,
    decoder_bias: true,
  },
};
export type Family = keyof typeof configs;
export const families = Object.keys(configs) as Family[];

export const architectureOf = (family: Family): Architecture =>
  readArchitecture(configs[family], 'config.json');

export const framings: Record<Family, Framing> = {
  olmo: { prefix: [0], suffix: [] },
  modernbert: { prefix: [2], suffix: [3] },
};
export const masking: Masking = {
  rates: { min: 0.2, max: 0.6 },
  maskId: 1,
  specialIds: new Set([0, 1, 2, 3]),
};

/** A stream with a rule to learn: after n comes n + 1, and a separator every seven tokens. */
export function streamOf(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => (i % 7 === 0 ? 0 : 4 + (i % 36)));
}

export const batches = new Batches([{ name: 'counting', ids: streamOf(500), upsample: 1 }], 5);

export function batchOf(family: Family, step: number, shape: BatchShape) {
  return family === 'olmo'
    ? batches.causal(step, shape, framings.olmo)
    : batches.masked(step, shape, framings.modernbert, masking);
}
