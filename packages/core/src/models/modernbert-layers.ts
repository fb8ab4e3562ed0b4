// What ModernBERT and its decoder share: config keys, layer types, rotary bases, norms, MLP and prediction head.
import { z } from 'zod';
import { add, multiply } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { slice } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { activate, activationSchema } from './activation.js';
import { layerCount, positiveInteger, specialIdKeys } from './config-keys.js';
import { headSizeOf } from './decoder-config.js';
import { type ModelSizes, type OutputEmbedding, outputMatrix } from './family.js';
import { type LayerType, layerTypeSchema, layerTypesOf } from './layer-types.js';
import { project } from './projection.js';
import { type RopeConfig, readRope, ropeKeys } from './rope.js';
import type { Weights } from './weights.js';

/** Keys with the same default in both. */
export const modernbertKeys = {
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
};

type ModernbertKeys = z.infer<z.ZodObject<typeof modernbertKeys>>;

export type ModernbertConfig = ModernbertKeys & {
  readonly headSize: number;
  /** Of each layer. */
  readonly types: readonly LayerType[];
  /** Of each type that a layer has. */
  readonly ropes: ReadonlyMap<LayerType, RopeConfig>;
};

/** Adds what follows from the keys. @throws DataError when they do not go together */
export function resolveModernbert<C extends ModernbertKeys>(config: C): C & ModernbertConfig {
  const headSize = headSizeOf(config.hidden_size, config.num_attention_heads);
  const every = config.global_attn_every_n_layers;
  const types = layerTypesOf(config, (layer) => layer % every === 0);
  const ropes = new Map([...new Set(types)].map((type) => [type, ropeOf(config, type, headSize)]));
  return { ...config, headSize, types, ropes };
}

function ropeOf(config: ModernbertKeys, type: LayerType, headSize: number): RopeConfig {
  const global = config.global_rope_theta;
  const theta = type === 'full_attention' ? global : (config.local_rope_theta ?? global);
  return readRope(
    { rope_parameters: config.rope_parameters?.[type] },
    { headSize, maxLength: config.max_position_embeddings, theta },
  );
}

export function modernbertSizes(config: ModernbertConfig): ModelSizes {
  return {
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    layers: config.num_hidden_layers,
    kvHeads: config.num_attention_heads,
    headSize: config.headSize,
    maxLength: config.max_position_embeddings,
    bosId: config.bos_token_id,
    eosId: config.eos_token_id,
  };
}

export function modernbertOutputEmbedding(config: ModernbertConfig): OutputEmbedding {
  return {
    ...outputMatrix(config, { table: 'embeddings.tok_embeddings.weight', own: 'decoder.weight' }),
    bias: config.decoder_bias ? 'decoder.bias' : undefined,
  };
}

export function modernbertNorm(config: ModernbertConfig, weights: Weights, x: Tensor, name: string): Tensor {
  const size = [config.hidden_size];
  return layerNorm(x, {
    scale: weights.get(`${name}.weight`, size),
    ...(config.norm_bias && { bias: weights.get(`${name}.bias`, size) }),
    epsilon: config.norm_eps,
  });
}

/**
 * The embeddings, then all layers and the final norm.
 * @param attend of layer `name`, of its normed input, without the projection after it
 */
export function modernbertLayers(
  config: ModernbertConfig,
  weights: Weights,
  ids: Tensor,
  attend: (h: Tensor, name: string, layer: number) => Tensor,
): Tensor {
  const { hidden_size: hiddenSize, intermediate_size: innerSize, vocab_size: vocabularySize } = config;
  const norm = (x: Tensor, name: string) => modernbertNorm(config, weights, x, name);
  const dense = (x: Tensor, name: string, shape: readonly [number, number], bias: boolean) =>
    project(weights, x, name, shape, { bias });
  const table = weights.get('embeddings.tok_embeddings.weight', [vocabularySize, hiddenSize]);
  let x = norm(embedding(ids, table), 'embeddings.norm');
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    // The embeddings are normed already, so layer 0 has no attn_norm.
    const attended = attend(layer === 0 ? x : norm(x, `${name}.attn_norm`), name, layer);
    x = add(x, dense(attended, `${name}.attn.Wo`, [hiddenSize, hiddenSize], config.attention_bias));
    const normed = norm(x, `${name}.mlp_norm`);
    const inner = dense(normed, `${name}.mlp.Wi`, [2 * innerSize, hiddenSize], config.mlp_bias);
    const half = (i: number) => slice(inner, { axis: -1, start: i * innerSize, end: (i + 1) * innerSize });
    const gated = multiply(activate(config.hidden_activation, half(0)), half(1));
    x = add(x, dense(gated, `${name}.mlp.Wo`, [hiddenSize, innerSize], config.mlp_bias));
  }
  return norm(x, 'final_norm');
}

/** dense, activation, norm: what the output matrix multiplies. */
export function modernbertHead(config: ModernbertConfig, weights: Weights, x: Tensor, name: string): Tensor {
  const size = config.hidden_size;
  const dense = project(weights, x, `${name}.dense`, [size, size], { bias: config.classifier_bias });
  return modernbertNorm(config, weights, activate(config.classifier_activation, dense), `${name}.norm`);
}
