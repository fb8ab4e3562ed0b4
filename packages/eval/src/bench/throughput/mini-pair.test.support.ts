// For tests: a pair of a few thousand random weights.
import { modelShape, type PairShape } from './model-shapes.js';

export const miniPair: PairShape = {
  ar: modelShape('mini-olmo', {
    model_type: 'olmo',
    vocab_size: 64,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    max_position_embeddings: 64,
  }),
  mlm: modelShape('mini-modernbert', {
    model_type: 'modernbert',
    vocab_size: 72,
    hidden_size: 32,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    max_position_embeddings: 64,
  }),
};
