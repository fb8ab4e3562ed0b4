// Qwen3 (Qwen team, 2025): a Llama with RMSNorm on each head of q and k, and a head size of its own.
import { z } from 'zod';
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotary } from '../ops/rotary.js';
import { reshape } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { causalAttention } from './causal-attention.js';
import { layerCount, positiveInteger } from './config-keys.js';
import {
  decoderKeys,
  decoderOutputEmbedding,
  decoderSizes,
  decoderTensorNames,
  resolveDecoder,
} from './decoder-config.js';
import { causalFamily } from './family.js';
import { gatedMlp } from './gated-mlp.js';
import type { LlamaForm } from './llama-layers.js';
import { project } from './projection.js';
import { positionsOf, rotaryTables } from './rope.js';
import { slidingWindowKeys, windowsOf } from './sliding-window.js';
import type { Weights } from './weights.js';

export const qwen3Schema = z
  .object({
    vocab_size: positiveInteger.default(151936),
    hidden_size: positiveInteger.default(4096),
    intermediate_size: positiveInteger.default(22016),
    num_hidden_layers: layerCount.default(32),
    num_attention_heads: positiveInteger.default(32),
    max_position_embeddings: positiveInteger.default(32768),
    attention_bias: z.boolean().default(false),
    rms_norm_eps: z.number().positive().default(1e-6),
    ...slidingWindowKeys,
    ...decoderKeys,
    num_key_value_heads: positiveInteger.nullable().default(32),
    head_dim: positiveInteger.default(128),
  })
  .transform((config) => ({ ...resolveDecoder(config), windows: windowsOf(config) }));

export const qwen3 = causalFamily<z.output<typeof qwen3Schema>>({
  modelType: 'qwen3',
  config: qwen3Schema,
  tensorNames: decoderTensorNames,
  sizes: decoderSizes,
  outputEmbedding: decoderOutputEmbedding,

  forward: (config, weights, ids, cache) =>
    qwen3Layers(config, weights, ids, {
      positions: positionsOf(ids.shape[1]!, cache?.positions),
      attend: (q, k, v, layer) =>
        causalAttention(q, k, v, config.heads, layer, cache, { window: config.windows[layer] }),
    }),
});

/** ids [1, time] → hidden states [1, time, hidden_size] after all layers and the final norm, whatever attention sees. */
export function qwen3Layers(
  config: z.output<typeof qwen3Schema>,
  weights: Weights,
  ids: Tensor,
  { positions, attend }: Pick<LlamaForm, 'positions' | 'attend'>,
): Tensor {
  const { hidden_size: hiddenSize, attention_bias: bias, heads } = config;
  const { headSize } = heads;
  const width = heads.heads * headSize;
  const kvWidth = heads.kvHeads * headSize;
  const norm = (x: Tensor, name: string, size = hiddenSize) =>
    rmsNorm(x, weights.get(`${name}.weight`, [size]), config.rms_norm_eps);
  const [batch, time] = [ids.shape[0]!, ids.shape[1]!];
  const normHeads = (x: Tensor, name: string, count: number) =>
    reshape(norm(reshape(x, [batch, time, count, headSize]), name, headSize), x.shape);
  const { cos, sin } = rotaryTables(config.rope, positions);

  let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    const h = norm(x, `${name}.input_layernorm`);
    const projected = (projection: string, size: number) =>
      project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias });
    const normedQ = normHeads(projected('q_proj', width), `${name}.self_attn.q_norm`, heads.heads);
    const normedK = normHeads(projected('k_proj', kvWidth), `${name}.self_attn.k_norm`, heads.kvHeads);
    const q = rotary(normedQ, cos, sin, { heads: heads.heads });
    const k = rotary(normedK, cos, sin, { heads: heads.kvHeads });
    const attended = attend(q, k, projected('v_proj', kvWidth), layer);
    x = add(x, project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], { bias }));
    x = add(
      x,
      gatedMlp(weights, norm(x, `${name}.post_attention_layernorm`), `${name}.mlp`, {
        hiddenSize,
        innerSize: config.intermediate_size,
        activation: config.hidden_act,
      }),
    );
  }
  return norm(x, 'norm');
}
