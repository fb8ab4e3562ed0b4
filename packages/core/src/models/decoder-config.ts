// What the configs of the Llama line of decoders share: keys, head counts, rotary embedding and sizes.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { activationSchema } from './activation.js';
import type { AttentionHeads } from './causal-attention.js';
import { positiveInteger, specialIdKeys } from './config-keys.js';
import { type ModelSizes, outputMatrix } from './family.js';
import { type RopeConfig, readRope, ropeKeys } from './rope.js';
import type { TensorNames } from './weights.js';

/** Keys with the same default in all of them. */
export const decoderKeys = {
  num_key_value_heads: positiveInteger.nullish(),
  head_dim: positiveInteger.nullish(),
  hidden_act: activationSchema.default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  ...specialIdKeys,
  ...ropeKeys,
};

/** Keys whose defaults differ from family to family. */
interface SizeKeys {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly max_position_embeddings: number;
}

type DecoderKeys = SizeKeys & Omit<z.infer<z.ZodObject<typeof decoderKeys>>, 'hidden_act'>;

/** Adds what follows from the keys. @throws DataError when the head counts do not divide or the rotary keys are not supported */
export function resolveDecoder<C extends DecoderKeys>(
  config: C,
): C & { heads: AttentionHeads; rope: RopeConfig } {
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const headSize = config.head_dim ?? headSizeOf(config.hidden_size, heads);
  if (heads % kvHeads !== 0)
    throw new DataError(
      'config-invalid',
      `Cannot load the model: config.json has ${heads} attention heads, which ${kvHeads} key-value heads do not divide.`,
    );
  const rope = readRope(config, { headSize, maxLength: config.max_position_embeddings });
  return { ...config, heads: { heads, kvHeads, headSize }, rope };
}

/** @throws DataError when the heads do not divide the width */
export function headSizeOf(hiddenSize: number, heads: number): number {
  if (hiddenSize % heads === 0) return hiddenSize / heads;
  throw new DataError(
    'config-invalid',
    `Cannot load the model: config.json has hidden states of ${hiddenSize} numbers, which ${heads} attention heads do not divide.`,
  );
}

export function decoderSizes(config: DecoderKeys & { heads: AttentionHeads }): ModelSizes {
  return {
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.heads.kvHeads,
    headSize: config.heads.headSize,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  };
}

export const decoderTensorNames: TensorNames = { prefixes: ['model.', ''], head: ['lm_head'] };

export function decoderOutputEmbedding(config: DecoderKeys) {
  return outputMatrix(config, { table: 'embed_tokens.weight', own: 'lm_head.weight' });
}
