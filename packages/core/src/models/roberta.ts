// RoBERTa (Liu et al., 2019): BERT's encoder with positions counted from behind the padding id, and its own head.
import { z } from 'zod';
import { activate } from './activation.js';
import { bertEmbeddings, bertEncoder, bertKeys, gammaAndBeta } from './bert-encoder.js';
import { positiveInteger } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { maskedFamily, outputMatrix } from './family.js';
import { layerNormNamed, project } from './projection.js';

const schema = z
  .object({
    ...bertKeys,
    vocab_size: positiveInteger.default(50265),
    pad_token_id: z.number().int().nonnegative().default(1),
  })
  .refine(
    ({ pad_token_id: pad, vocab_size: rows, max_position_embeddings: positions }) =>
      pad >= rows || pad < positions - 1,
    { path: ['pad_token_id'], error: 'positions are counted from behind it, and there are none' },
  );
type Config = z.output<typeof schema>;

/** Position rows up to the padding id are never used: no padding is fed to this model. */
function firstPosition(config: Config): number {
  return config.pad_token_id + 1;
}

export const roberta = maskedFamily<Config>({
  modelType: 'roberta',
  config: schema,
  tensorNames: {
    prefixes: ['roberta.', ''],
    head: ['lm_head'],
    // Two names of one vector; where a checkpoint has both and they differ, the decoder's own is the one in use.
    alternatives: (name) => (name === 'lm_head.decoder.bias' ? ['lm_head.bias'] : gammaAndBeta(name)),
  },

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: headSizeOf(config.hidden_size, config.num_attention_heads),
    maxLength: config.max_position_embeddings - firstPosition(config),
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => ({
    ...outputMatrix(config, { table: 'embeddings.word_embeddings.weight', own: 'lm_head.decoder.weight' }),
    bias: 'lm_head.decoder.bias',
  }),

  encode(config, weights, ids, packed) {
    const settings = { size: config.hidden_size, firstPosition: firstPosition(config) };
    return bertEncoder(config, weights, bertEmbeddings(config, weights, ids, settings, packed), packed);
  },

  transform(config, weights, encoded) {
    const size = config.hidden_size;
    const dense = project(weights, encoded, 'lm_head.dense', [size, size], { bias: true });
    // Exact gelu whatever hidden_act says.
    return layerNormNamed(
      weights,
      activate('gelu', dense),
      'lm_head.layer_norm',
      size,
      config.layer_norm_eps,
    );
  },
});
