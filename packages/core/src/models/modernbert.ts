// ModernBERT (Warner et al., 2024): bidirectional encoder, local and global attention, GeGLU, and its prediction head.
import { z } from 'zod';
import { DataError } from '../errors.js';
import { add, lessOrEqual, multiply, subtract, where } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { rotary } from '../ops/rotary.js';
import { reshape, slice } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { layerCount, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { encoderAttention } from './encoder-attention.js';
import { maskedFamily, outputMatrix } from './family.js';
import { project } from './projection.js';
import { positionsOf, type RopeConfig, readRope, ropeKeys, rotaryTables } from './rope.js';
import type { Weights } from './weights.js';

const layerTypeSchema = z.enum(['full_attention', 'sliding_attention']);
type LayerType = z.infer<typeof layerTypeSchema>;

const schema = z
  .object({
    vocab_size: positiveInteger.default(50368),
    hidden_size: positiveInteger.default(768),
    intermediate_size: positiveInteger.default(1152),
    num_hidden_layers: layerCount.default(22),
    num_attention_heads: positiveInteger.default(12),
    hidden_activation: activationSchema.default('gelu'),
    max_position_embeddings: positiveInteger.default(8192),
    norm_eps: z.number().positive().default(1e-5),
    norm_bias: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    classifier_activation: activationSchema.default('gelu'),
    classifier_bias: z.boolean().default(false),
    decoder_bias: z.boolean().default(true),
    tie_word_embeddings: z.boolean().default(true),
    local_attention: positiveInteger.default(128),
    ...specialIdKeys,
    // transformers 5
    layer_types: z.array(layerTypeSchema).nullish(),
    rope_parameters: z.partialRecord(layerTypeSchema, ropeKeys.rope_parameters).nullish(),
    // transformers 4
    global_attn_every_n_layers: layerCount.default(3),
    global_rope_theta: z.number().positive().default(160000),
    local_rope_theta: z.number().positive().nullable().default(10000),
    rope_scaling: z
      .unknown()
      .refine((scaling) => (scaling ?? null) === null, 'this family does no scaling of rotary positions')
      .optional(),
  })
  .transform((config) => {
    const headSize = headSizeOf(config.hidden_size, config.num_attention_heads);
    const types = layerTypes(config);
    const ropes = new Map([...new Set(types)].map((type) => [type, ropeOf(config, type, headSize)]));
    return { ...config, headSize, types, ropes };
  });

type Config = z.output<typeof schema>;

interface LayerKeys {
  readonly num_hidden_layers: number;
  readonly layer_types?: readonly LayerType[] | null | undefined;
  readonly global_attn_every_n_layers: number;
}

/** @throws DataError when the list is not as long as the model is deep */
function layerTypes({
  num_hidden_layers: layers,
  layer_types: types,
  global_attn_every_n_layers: every,
}: LayerKeys): readonly LayerType[] {
  if (!types)
    return Array.from({ length: layers }, (_, i) =>
      i % every === 0 ? 'full_attention' : 'sliding_attention',
    );
  if (types.length === layers) return types;
  throw new DataError(
    'config-invalid',
    `Cannot load the model: config.json gives ${types.length} layer_types for ${layers} layers.`,
  );
}

interface RopeThetas {
  readonly rope_parameters?:
    | Partial<Record<LayerType, z.output<typeof ropeKeys.rope_parameters>>>
    | null
    | undefined;
  readonly global_rope_theta: number;
  readonly local_rope_theta: number | null;
  readonly max_position_embeddings: number;
}

function ropeOf(config: RopeThetas, type: LayerType, headSize: number): RopeConfig {
  const global = config.global_rope_theta;
  const theta = type === 'full_attention' ? global : (config.local_rope_theta ?? global);
  const parameters = config.rope_parameters?.[type];
  return readRope(
    { rope_parameters: parameters },
    { headSize, maxLength: config.max_position_embeddings, theta },
  );
}

/** 0 where |query - key| <= halfWidth, a large negative number elsewhere: [1, 1, time, time]. */
function slidingWindowBias(positions: Tensor, halfWidth: number): Tensor {
  const time = positions.shape[0]!;
  const distance = subtract(reshape(positions, [1, 1, time, 1]), reshape(positions, [1, 1, 1, time]));
  const inside = lessOrEqual(multiply(distance, distance), halfWidth * halfWidth);
  return where(inside, 0, -1e9);
}

export const modernbert = maskedFamily<Config>({
  modelType: 'modernbert',
  config: schema,
  tensorNames: { prefixes: ['model.', ''], head: ['head', 'decoder'] },

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: config.headSize,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  }),

  outputEmbedding: (config) => ({
    ...outputMatrix(config, { table: 'embeddings.tok_embeddings.weight', own: 'decoder.weight' }),
    bias: config.decoder_bias ? 'decoder.bias' : undefined,
  }),

  encode(config, weights, ids, packed) {
    const {
      hidden_size: hiddenSize,
      intermediate_size: innerSize,
      num_attention_heads: heads,
      norm_eps: epsilon,
    } = config;
    const norm = (x: Tensor, name: string) =>
      layerNorm(x, {
        scale: weights.get(`${name}.weight`, [hiddenSize]),
        ...(config.norm_bias && { bias: weights.get(`${name}.bias`, [hiddenSize]) }),
        epsilon,
      });
    const dense = (x: Tensor, name: string, shape: readonly [number, number], bias: boolean) =>
      project(weights, x, name, shape, { bias });

    const time = ids.shape[1]!;
    const positions = positionsOf(time, packed?.positions);
    const biasPositions = packed ? positionsOf(time, packed.longestPositions) : positions;
    const perType = new Map(
      [...config.ropes].map(([type, rope]) => [
        type,
        {
          tables: rotaryTables(rope, positions),
          bias:
            type === 'sliding_attention'
              ? slidingWindowBias(biasPositions, Math.floor(config.local_attention / 2))
              : undefined,
        },
      ]),
    );

    let x = norm(
      embedding(ids, weights.get('embeddings.tok_embeddings.weight', [config.vocab_size, hiddenSize])),
      'embeddings.norm',
    );
    config.types.forEach((type, layer) => {
      const name = `layers.${layer}`;
      const { tables, bias } = perType.get(type)!;
      // The embeddings are normed already, so layer 0 has no attn_norm.
      const h = layer === 0 ? x : norm(x, `${name}.attn_norm`);
      const qkv = dense(h, `${name}.attn.Wqkv`, [3 * hiddenSize, hiddenSize], config.attention_bias);
      const third = (i: number) => slice(qkv, { axis: -1, start: i * hiddenSize, end: (i + 1) * hiddenSize });
      const q = rotary(third(0), tables.cos, tables.sin, { heads });
      const k = rotary(third(1), tables.cos, tables.sin, { heads });
      const attended = encoderAttention(q, k, third(2), { heads, bias }, packed);
      x = add(x, dense(attended, `${name}.attn.Wo`, [hiddenSize, hiddenSize], config.attention_bias));

      const inner = dense(
        norm(x, `${name}.mlp_norm`),
        `${name}.mlp.Wi`,
        [2 * innerSize, hiddenSize],
        config.mlp_bias,
      );
      const half = (i: number) => slice(inner, { axis: -1, start: i * innerSize, end: (i + 1) * innerSize });
      const gated = multiply(activate(config.hidden_activation, half(0)), half(1));
      x = add(x, dense(gated, `${name}.mlp.Wo`, [hiddenSize, innerSize], config.mlp_bias));
    });
    return norm(x, 'final_norm');
  },

  transform: predictionHead,
});

/** dense, activation, norm: what the decoder matrix multiplies. */
function predictionHead(config: Config, weights: Weights, x: Tensor): Tensor {
  const size = config.hidden_size;
  const bias = (name: string, has: boolean) => (has ? weights.get(name, [size]) : undefined);
  const dense = linear(
    x,
    weights.get('head.dense.weight', [size, size]),
    bias('head.dense.bias', config.classifier_bias),
  );
  const normBias = bias('head.norm.bias', config.norm_bias);
  return layerNorm(activate(config.classifier_activation, dense), {
    scale: weights.get('head.norm.weight', [size]),
    ...(normBias && { bias: normBias }),
    epsilon: config.norm_eps,
  });
}
