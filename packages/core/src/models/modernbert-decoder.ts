// The ModernBERT decoder (Ettin; Weller et al., 2025): ModernBERT with causal attention, and its prediction head.
import { z } from 'zod';
import { rotary } from '../ops/rotary.js';
import { causalAttention } from './causal-attention.js';
import { positiveInteger } from './config-keys.js';
import { causalFamily } from './family.js';
import {
  type ModernbertConfig,
  modernbertHead,
  modernbertKeys,
  modernbertLayers,
  modernbertOutputEmbedding,
  modernbertSizes,
  resolveModernbert,
} from './modernbert-layers.js';
import { project } from './projection.js';
import { positionsOf, rotaryTables } from './rope.js';

type Config = ModernbertConfig & {
  /** Keys that a sliding layer sees, the last of them the query's own. */
  readonly window: number;
};

const schema = z
  .object({
    ...modernbertKeys,
    /** transformers 5. It is the window itself, where `local_attention` is twice as much, and wins over it. */
    sliding_window: positiveInteger.nullish(),
  })
  .transform((config): Config => {
    const window = config.sliding_window ?? Math.max(1, Math.floor(config.local_attention / 2));
    return { ...resolveModernbert(config), window };
  });

export const modernbertDecoder = causalFamily<Config>({
  modelType: 'modernbert-decoder',
  config: schema,
  tensorNames: { prefixes: ['model.', ''], head: ['lm_head', 'decoder'] },
  sizes: modernbertSizes,
  outputEmbedding: modernbertOutputEmbedding,

  forward(config, weights, ids, cache) {
    const { hidden_size: hiddenSize, num_attention_heads: count, headSize, attention_bias: bias } = config;
    const heads = { heads: count, kvHeads: count, headSize };
    const positions = positionsOf(ids.shape[1]!, cache?.positions);
    const tables = new Map([...config.ropes].map(([type, rope]) => [type, rotaryTables(rope, positions)]));
    const x = modernbertLayers(config, weights, ids, (h, name, layer) => {
      const type = config.types[layer]!;
      const { cos, sin } = tables.get(type)!;
      const projected = (projection: string) =>
        project(weights, h, `${name}.attn.${projection}`, [hiddenSize, hiddenSize], { bias });
      const q = rotary(projected('q_proj'), cos, sin, { heads: count });
      const k = rotary(projected('k_proj'), cos, sin, { heads: count });
      const window = type === 'sliding_attention' ? config.window : undefined;
      return causalAttention(q, k, projected('v_proj'), heads, layer, cache, { window });
    });
    return modernbertHead(config, weights, x, 'lm_head');
  },
});
