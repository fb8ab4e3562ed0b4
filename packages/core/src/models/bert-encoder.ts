// What BERT, RoBERTa and ELECTRA share: config keys, summed embeddings, and the post-norm encoder.
import { z } from 'zod';
import { add, cast } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { slice } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { layerCount, only, positiveInteger, specialIdKeys } from './config-keys.js';
import { encoderAttention } from './encoder-attention.js';
import type { PackedSequences } from './packed-sequences.js';
import { layerNormNamed, project } from './projection.js';
import { positionsOf } from './rope.js';
import type { Weights } from './weights.js';

export const bertKeys = {
  vocab_size: positiveInteger.default(30522),
  hidden_size: positiveInteger.default(768),
  intermediate_size: positiveInteger.default(3072),
  num_hidden_layers: layerCount.default(12),
  num_attention_heads: positiveInteger.default(12),
  hidden_act: activationSchema.default('gelu'),
  max_position_embeddings: positiveInteger.default(512),
  type_vocab_size: positiveInteger.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  tie_word_embeddings: z.boolean().default(true),
  position_embedding_type: only('absolute'),
  is_decoder: only(false),
  add_cross_attention: only(false),
  ...specialIdKeys,
};

type BertConfig = z.output<z.ZodObject<typeof bertKeys>>;

/** Old checkpoints, made by TensorFlow, call the scale and shift of LayerNorm gamma and beta. */
export function gammaAndBeta(name: string): readonly string[] {
  if (name.endsWith('LayerNorm.weight')) return [name.replace(/weight$/, 'gamma')];
  if (name.endsWith('LayerNorm.bias')) return [name.replace(/bias$/, 'beta')];
  return [];
}

/**
 * LayerNorm of the sum of a token's, its position's and segment 0's embeddings: ids [batch, time] → [batch, time, size].
 * @param firstPosition row of the position table that belongs to the first token
 */
export function bertEmbeddings(
  config: BertConfig,
  weights: Weights,
  ids: Tensor,
  { size, firstPosition }: { size: number; firstPosition: number },
  packed?: PackedSequences,
): Tensor {
  const table = (name: string, rows: number) => weights.get(`embeddings.${name}.weight`, [rows, size]);
  const positions = cast(add(positionsOf(ids.shape[1]!, packed?.positions), firstPosition), 'int32');
  const tokens = embedding(ids, table('word_embeddings', config.vocab_size));
  const segment = slice(table('token_type_embeddings', config.type_vocab_size), {
    axis: 0,
    start: 0,
    end: 1,
  });
  const places = embedding(positions, table('position_embeddings', config.max_position_embeddings));
  return layerNormNamed(
    weights,
    add(add(tokens, segment), places),
    'embeddings.LayerNorm',
    size,
    config.layer_norm_eps,
  );
}

/** The layers `encoder.layer.*`: x [batch, time, hidden_size] → the same shape. */
export function bertEncoder(
  config: BertConfig,
  weights: Weights,
  x: Tensor,
  packed?: PackedSequences,
): Tensor {
  const { hidden_size: hiddenSize, intermediate_size: innerSize, num_attention_heads: heads } = config;
  const dense = (y: Tensor, name: string, shape: readonly [number, number]) =>
    project(weights, y, name, shape, { bias: true });
  const norm = (y: Tensor, name: string) =>
    layerNormNamed(weights, y, name, hiddenSize, config.layer_norm_eps);
  const square = [hiddenSize, hiddenSize] as const;
  let result = x;
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const projected = (projection: string) => dense(result, `${name}.attention.self.${projection}`, square);
    const [q, k, v] = ['query', 'key', 'value'].map(projected);
    const attended = encoderAttention(q!, k!, v!, { heads }, packed);
    const out = dense(attended, `${name}.attention.output.dense`, square);
    const afterAttention = norm(add(out, result), `${name}.attention.output.LayerNorm`);
    const inner = dense(afterAttention, `${name}.intermediate.dense`, [innerSize, hiddenSize]);
    const outer = dense(activate(config.hidden_act, inner), `${name}.output.dense`, [hiddenSize, innerSize]);
    result = norm(add(outer, afterAttention), `${name}.output.LayerNorm`);
  }
  return result;
}
