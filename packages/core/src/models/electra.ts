// ELECTRA's generator (Clark et al., 2020): BERT's encoder over narrower embeddings, which its head predicts.
import { z } from 'zod';
import { activate } from './activation.js';
import { bertEmbeddings, bertEncoder, bertKeys, gammaAndBeta } from './bert-encoder.js';
import { positiveInteger } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { maskedFamily, outputMatrix } from './family.js';
import { layerNormNamed, project } from './projection.js';

const schema = z.object({
  ...bertKeys,
  embedding_size: positiveInteger.default(128),
  hidden_size: positiveInteger.default(256),
  intermediate_size: positiveInteger.default(1024),
  num_attention_heads: positiveInteger.default(4),
});

export const electra = maskedFamily<z.output<typeof schema>>({
  modelType: 'electra',
  config: schema,
  tensorNames: {
    prefixes: ['electra.', ''],
    head: ['generator_predictions', 'generator_lm_head'],
    alternatives: gammaAndBeta,
  },

  sizes: (config) => ({
    hiddenSize: config.embedding_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: headSizeOf(config.hidden_size, config.num_attention_heads),
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => ({
    ...outputMatrix(config, { table: 'embeddings.word_embeddings.weight', own: 'generator_lm_head.weight' }),
    bias: 'generator_lm_head.bias',
  }),

  encoderSize: (config) => config.hidden_size,

  encode(config, weights, ids, packed) {
    const { embedding_size: size, hidden_size: hiddenSize } = config;
    let x = bertEmbeddings(config, weights, ids, { size, firstPosition: 0 }, packed);
    if (size !== hiddenSize)
      x = project(weights, x, 'embeddings_project', [hiddenSize, size], { bias: true });
    return bertEncoder(config, weights, x, packed);
  },

  transform(config, weights, encoded) {
    const { embedding_size: size, hidden_size: hiddenSize } = config;
    const head = 'generator_predictions';
    const dense = project(weights, encoded, `${head}.dense`, [size, hiddenSize], { bias: true });
    // Exact gelu whatever hidden_act says.
    return layerNormNamed(weights, activate('gelu', dense), `${head}.LayerNorm`, size, config.layer_norm_eps);
  },
});
