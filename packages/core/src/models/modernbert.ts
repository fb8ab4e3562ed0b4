// ModernBERT (Warner et al., 2024): bidirectional encoder, local and global attention, GeGLU, and its prediction head.
import { z } from 'zod';
import { attention } from '../ops/attention.js';
import { add, lessOrEqual, multiply, subtract, where } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { rotary } from '../ops/rotary.js';
import { reshape, slice } from '../ops/shape-ops.js';
import { constant } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { activate, activationSchema } from './activation.js';
import { maskedFamily } from './family.js';
import { positionsOf, type RopeConfig, readRope, rotaryTables } from './rope.js';
import type { Weights } from './weights.js';

const layerTypeSchema = z.enum(['full_attention', 'sliding_attention']);
type LayerType = z.infer<typeof layerTypeSchema>;

const schema = z.object({
  vocab_size: z.number().int().positive(),
  hidden_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  hidden_activation: activationSchema.default('gelu'),
  max_position_embeddings: z.number().int().positive().default(8192),
  norm_eps: z.number().positive().default(1e-5),
  norm_bias: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  classifier_activation: activationSchema.default('gelu'),
  classifier_bias: z.boolean().default(false),
  decoder_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  local_attention: z.number().int().positive().default(128),
  bos_token_id: z.number().int().nullish(),
  eos_token_id: z.number().int().nullish(),
  // transformers 5
  layer_types: z.array(layerTypeSchema).nullish(),
  rope_parameters: z.partialRecord(layerTypeSchema, z.record(z.string(), z.unknown())).nullish(),
  // transformers 4
  global_attn_every_n_layers: z.number().int().positive().default(3),
  global_rope_theta: z.number().positive().default(160000),
  local_rope_theta: z.number().positive().nullish(),
});

type Config = z.infer<typeof schema>;

function layerTypes(config: Config): LayerType[] {
  return Array.from(
    { length: config.num_hidden_layers },
    (_, i) =>
      config.layer_types?.[i] ?? (i % config.global_attn_every_n_layers === 0 ? 'full_attention' : 'sliding_attention'),
  );
}

function ropeOf(config: Config, type: LayerType): RopeConfig {
  const globalTheta = config.global_rope_theta;
  const theta = type === 'full_attention' ? globalTheta : (config.local_rope_theta ?? (config.rope_parameters ? 10000 : globalTheta));
  return readRope({ rope_parameters: config.rope_parameters?.[type] }, theta);
}

/** 0 where |query - key| <= halfWidth, a large negative number elsewhere: [1, 1, time, time]. */
function slidingWindowBias(positions: Tensor, halfWidth: number): Tensor {
  const time = positions.shape[0]!;
  const distance = subtract(reshape(positions, [1, 1, time, 1]), reshape(positions, [1, 1, 1, time]));
  const inside = lessOrEqual(multiply(distance, distance), constant(float32([halfWidth * halfWidth])));
  return where(inside, constant(float32([0])), constant(float32([-1e9])));
}

export const modernbert = maskedFamily<Config>({
  modelType: 'modernbert',
  config: schema,

  sizes: (config) => ({
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: config.hidden_size / config.num_attention_heads,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id ?? undefined,
    eosId: config.eos_token_id ?? undefined,
  }),

  outputEmbedding: (config) => ({
    weight: config.tie_word_embeddings ? 'embeddings.tok_embeddings.weight' : 'decoder.weight',
    bias: config.decoder_bias ? 'decoder.bias' : undefined,
  }),

  forward(config, weights, ids) {
    const { hidden_size: hiddenSize, intermediate_size: innerSize, num_attention_heads: heads, norm_eps: epsilon } = config;
    const headSize = hiddenSize / heads;
    const norm = (x: Tensor, name: string) =>
      layerNorm(x, {
        scale: weights.get(`${name}.weight`, [hiddenSize]),
        ...(config.norm_bias && { bias: weights.get(`${name}.bias`, [hiddenSize]) }),
        epsilon,
      });
    const project = (x: Tensor, name: string, shape: [number, number], hasBias: boolean) =>
      linear(x, weights.get(`${name}.weight`, shape), hasBias ? weights.get(`${name}.bias`, [shape[0]]) : undefined);

    const types = layerTypes(config);
    const positions = positionsOf(ids.shape[1]!);
    const perType = new Map(
      [...new Set(types)].map((type) => [
        type,
        {
          tables: rotaryTables(ropeOf(config, type), headSize, positions),
          bias: type === 'sliding_attention' ? slidingWindowBias(positions, Math.floor(config.local_attention / 2)) : undefined,
        },
      ]),
    );

    let x = norm(embedding(ids, weights.get('embeddings.tok_embeddings.weight', [config.vocab_size, hiddenSize])), 'embeddings.norm');
    types.forEach((type, layer) => {
      const name = `layers.${layer}`;
      const { tables, bias } = perType.get(type)!;
      // The embeddings are normed already, so layer 0 has no attn_norm.
      const h = layer === 0 ? x : norm(x, `${name}.attn_norm`);
      const qkv = project(h, `${name}.attn.Wqkv`, [3 * hiddenSize, hiddenSize], config.attention_bias);
      const third = (i: number) => slice(qkv, { axis: -1, start: i * hiddenSize, end: (i + 1) * hiddenSize });
      const q = rotary(third(0), tables.cos, tables.sin, { heads });
      const k = rotary(third(1), tables.cos, tables.sin, { heads });
      const attended = attention(q, k, third(2), { heads, kvHeads: heads, causal: false, ...(bias && { bias }) });
      x = add(x, project(attended, `${name}.attn.Wo`, [hiddenSize, hiddenSize], config.attention_bias));

      const inner = project(norm(x, `${name}.mlp_norm`), `${name}.mlp.Wi`, [2 * innerSize, hiddenSize], config.mlp_bias);
      const half = (i: number) => slice(inner, { axis: -1, start: i * innerSize, end: (i + 1) * innerSize });
      const gated = multiply(activate(config.hidden_activation, half(0)), half(1));
      x = add(x, project(gated, `${name}.mlp.Wo`, [hiddenSize, innerSize], config.mlp_bias));
    });
    return predictionHead(config, weights, norm(x, 'final_norm'));
  },
});

/** dense, activation, norm: what the decoder matrix multiplies. */
function predictionHead(config: Config, weights: Weights, x: Tensor): Tensor {
  const size = config.hidden_size;
  const bias = (name: string, has: boolean) => (has ? weights.get(name, [size]) : undefined);
  const dense = linear(x, weights.get('head.dense.weight', [size, size]), bias('head.dense.bias', config.classifier_bias));
  const normBias = bias('head.norm.bias', config.norm_bias);
  return layerNorm(activate(config.classifier_activation, dense), {
    scale: weights.get('head.norm.weight', [size]),
    ...(normBias && { bias: normBias }),
    epsilon: config.norm_eps,
  });
}
