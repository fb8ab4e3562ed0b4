// DiffuGPT (Gong et al., 2024): GPT-2 without the causal mask, under the names of its training program or GPT-2's own.
import type { z } from 'zod';
import { range } from '../ops/range.js';
import { denoiserFamily } from './denoiser-family.js';
import { encoderAttention } from './encoder-attention.js';
import { outputMatrix } from './family.js';
import { gpt2Keys, gpt2Schema, gpt2Sizes } from './gpt2.js';
import { gpt2Layers } from './gpt2-layers.js';

const table = 'embed_tokens.weight';
const ownTable = 'wte.weight';

export const diffugpt = denoiserFamily<z.output<typeof gpt2Schema>>({
  name: 'diffugpt',
  modelType: 'gpt2',
  // With GPT-2's names nothing tells it from GPT-2.
  recognizes: (json, weights) =>
    json.model_type === 'gpt2' && [...weights.names()].some((name) => name.startsWith('denoise_model.')),
  config: gpt2Schema,
  ownKeys: gpt2Keys,
  tensorNames: {
    prefixes: ['denoise_model.', 'transformer.', ''],
    head: ['lm_head', 'embed_tokens'],
    spelled: (name) => (name === ownTable ? table : name),
    alternatives: (name) => (name === ownTable ? [ownTable] : []),
  },
  shift: true,
  ignored: [/(^|\.)attn\.(masked_)?bias$/],
  // The mask may have a row of its own beyond config.json's vocabulary.
  corrected(json, weights) {
    const stored = weights.get(table) ?? weights.get(`transformer.${ownTable}`) ?? weights.get(ownTable);
    return stored?.shape.length === 2 ? { ...json, vocab_size: stored.shape[0] } : json;
  },
  sizes: gpt2Sizes,
  outputEmbedding: (config) => outputMatrix(config, { table: ownTable, own: 'lm_head.weight' }),
  encode: (config, weights, ids, packed) =>
    gpt2Layers(config, weights, ids, {
      positions: packed?.positions ?? range(ids.shape[1]!),
      attend: (q, k, v, _layer, scale) => encoderAttention(q, k, v, { heads: config.n_head, scale }, packed),
    }),
});
