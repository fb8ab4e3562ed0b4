// BERT (Devlin et al., 2018): post-norm encoder with learned positions and segments, and its masked-LM head.
import { z } from 'zod';
import { activate } from './activation.js';
import { bertEmbeddings, bertEncoder, bertKeys, gammaAndBeta } from './bert-encoder.js';
import { headSizeOf } from './decoder-config.js';
import { maskedFamily, outputMatrix } from './family.js';
import { layerNormNamed, project } from './projection.js';

const schema = z.object(bertKeys);

export const bert = maskedFamily<z.output<typeof schema>>({
  modelType: 'bert',
  config: schema,
  tensorNames: {
    prefixes: ['bert.', ''],
    head: ['cls'],
    // Two names of one vector; where a checkpoint has both and they differ, the decoder's own is the one in use.
    alternatives: (name) =>
      name === 'cls.predictions.decoder.bias' ? ['cls.predictions.bias'] : gammaAndBeta(name),
  },

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: headSizeOf(config.hidden_size, config.num_attention_heads),
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => ({
    ...outputMatrix(config, {
      table: 'embeddings.word_embeddings.weight',
      own: 'cls.predictions.decoder.weight',
    }),
    bias: 'cls.predictions.decoder.bias',
  }),

  encode(config, weights, ids, packed) {
    const embedded = bertEmbeddings(
      config,
      weights,
      ids,
      { size: config.hidden_size, firstPosition: 0 },
      packed,
    );
    return bertEncoder(config, weights, embedded, packed);
  },

  transform(config, weights, encoded) {
    const size = config.hidden_size;
    const head = 'cls.predictions.transform';
    const dense = project(weights, encoded, `${head}.dense`, [size, size], { bias: true });
    return layerNormNamed(
      weights,
      activate(config.hidden_act, dense),
      `${head}.LayerNorm`,
      size,
      config.layer_norm_eps,
    );
  },
});
