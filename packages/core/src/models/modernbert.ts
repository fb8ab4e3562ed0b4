// ModernBERT (Warner et al., 2024): bidirectional encoder, local and global attention, GeGLU, and its prediction head.
import { z } from 'zod';
import { hiddenScore } from '../ops/attention.js';
import { lessOrEqual, multiply, subtract, where } from '../ops/elementwise.js';
import { rotary } from '../ops/rotary.js';
import { reshape, slice } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { encoderAttention } from './encoder-attention.js';
import { maskedFamily } from './family.js';
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

const schema = z.object(modernbertKeys).transform(resolveModernbert);

/** 0 where |query - key| <= halfWindow, `hiddenScore` elsewhere: [1, 1, time, time]. */
function slidingWindowBias(positions: Tensor, halfWindow: number): Tensor {
  const time = positions.shape[0]!;
  const distance = subtract(reshape(positions, [1, 1, time, 1]), reshape(positions, [1, 1, 1, time]));
  const inside = lessOrEqual(multiply(distance, distance), halfWindow * halfWindow);
  return where(inside, 0, hiddenScore);
}

export const modernbert = maskedFamily<ModernbertConfig>({
  modelType: 'modernbert',
  config: schema,
  tensorNames: { prefixes: ['model.', ''], head: ['head', 'decoder'] },
  sizes: modernbertSizes,
  outputEmbedding: modernbertOutputEmbedding,

  encode(config, weights, ids, packed) {
    const { hidden_size: hiddenSize, num_attention_heads: heads } = config;
    const time = ids.shape[1]!;
    const positions = positionsOf(time, packed?.positions);
    const halfWindow = Math.floor(config.local_attention / 2);
    const perType = new Map(
      [...config.ropes].map(([type, rope]) => [
        type,
        {
          tables: rotaryTables(rope, positions),
          window:
            type === 'sliding_attention'
              ? { halfWindow, bias: packed ? undefined : slidingWindowBias(positions, halfWindow) }
              : undefined,
        },
      ]),
    );
    return modernbertLayers(config, weights, ids, (h, name, layer) => {
      const { tables, window } = perType.get(config.types[layer]!)!;
      const qkv = project(weights, h, `${name}.attn.Wqkv`, [3 * hiddenSize, hiddenSize], {
        bias: config.attention_bias,
      });
      const third = (i: number) => slice(qkv, { axis: -1, start: i * hiddenSize, end: (i + 1) * hiddenSize });
      const q = rotary(third(0), tables.cos, tables.sin, { heads });
      const k = rotary(third(1), tables.cos, tables.sin, { heads });
      return encoderAttention(q, k, third(2), { heads, window }, packed);
    });
  },

  transform: (config, weights, x) => modernbertHead(config, weights, x, 'head'),
});
