// DDiT, the network of MDLM and SEDD (Peebles and Xie, 2022; Lou et al., 2023): an encoder whose norms and branches are
// scaled, shifted and gated by a vector that the amount of noise gives.
import { add, cos, multiply, sin } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { rotary } from '../ops/rotary.js';
import { concat, reshape, split } from '../ops/shape-ops.js';
import { silu } from '../ops/silu.js';
import { constant } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { activate } from './activation.js';
import { headSizeOf } from './decoder-config.js';
import { encoderAttention } from './encoder-attention.js';
import type { ModelSizes } from './family.js';
import type { PackedSequences } from './packed-sequences.js';
import { project } from './projection.js';
import { positionsOf, rotaryTables } from './rope.js';
import type { Weights } from './weights.js';

export interface DditConfig {
  readonly rows: number;
  readonly hiddenSize: number;
  readonly condSize: number;
  readonly blocks: number;
  readonly heads: number;
  readonly maxLength: number;
}

/** Rotary tables that are computed anew. */
export const dditIgnored = [/(^|\.)rotary_emb\.inv_freq$/];

export const dditOutput = { weight: 'output_layer.linear.weight', bias: 'output_layer.linear.bias' };

export function dditSizes({ rows, hiddenSize, blocks, heads, maxLength }: DditConfig): ModelSizes {
  const headSize = headSizeOf(hiddenSize, heads);
  return { hiddenSize, vocabularySize: rows, layers: blocks, kvHeads: heads, headSize, maxLength };
}

/** Pairs of cosines and sines of sigma that the condition is made of. */
const frequencies = 128;

/** sigma [1] → [1, condSize]: what all modulations are linear in. */
export function dditCondition({ condSize }: DditConfig, weights: Weights, sigma: Tensor): Tensor {
  const rates = Float32Array.from({ length: frequencies }, (_, k) =>
    Math.exp((-Math.log(1e4) * k) / frequencies),
  );
  const angles = multiply(reshape(sigma, [1, 1]), constant(float32(rates, [1, frequencies])));
  const features = concat([cos(angles), sin(angles)], -1);
  const layer = (x: Tensor, name: string, inSize: number) =>
    silu(project(weights, x, `sigma_map.mlp.${name}`, [condSize, inSize], { bias: true }));
  return layer(layer(features, '0', 2 * frequencies), '2', condSize);
}

const blockParts = ['shift1', 'scale1', 'gate1', 'shift2', 'scale2', 'gate2'] as const;
const outputParts = ['shift', 'scale'] as const;

/** The vectors of one network, all of them [hiddenSize], by the names `blocks.0.scale1` and `output_layer.shift`. */
export type Modulations = (name: string) => Tensor;

/** What a condition gives: `scale` is the norm's weight times 1 + the scale of the condition. */
export function dditModulations(
  config: DditConfig,
  weights: Weights,
  condition: Tensor,
): Record<string, Tensor> {
  const { hiddenSize, blocks } = config;
  const modulations: Record<string, Tensor> = {};
  const modulate = (name: string, parts: readonly string[], norms: Readonly<Record<string, string>>) => {
    const projected = project(
      weights,
      condition,
      `${name}.adaLN_modulation`,
      [parts.length * hiddenSize, config.condSize],
      { bias: true },
    );
    const vectors = split(
      projected,
      parts.map(() => hiddenSize),
    );
    parts.forEach((part, i) => {
      const vector = reshape(vectors[i]!, [hiddenSize]);
      const norm = norms[part];
      modulations[`${name}.${part}`] =
        norm === undefined
          ? vector
          : multiply(weights.get(`${name}.${norm}.weight`, [hiddenSize]), add(vector, 1));
    });
  };
  for (let block = 0; block < blocks; block++)
    modulate(`blocks.${block}`, blockParts, { scale1: 'norm1', scale2: 'norm2' });
  modulate('output_layer', outputParts, { scale: 'norm_final' });
  return modulations;
}

/** ids [1, time] → what the output matrix multiplies, [1, time, hiddenSize]. */
export function dditLayers(
  config: DditConfig,
  weights: Weights,
  ids: Tensor,
  { packed, modulation }: { readonly packed?: PackedSequences | undefined; readonly modulation: Modulations },
): Tensor {
  const { hiddenSize, heads, rows } = config;
  const rope = { theta: 1e4, rotarySize: headSizeOf(hiddenSize, heads), scaling: { type: 'none' } } as const;
  const { cos, sin } = rotaryTables(rope, positionsOf(ids.shape[1]!, packed?.positions));
  const norm = (x: Tensor, scale: string, shift: string) =>
    layerNorm(x, { scale: modulation(scale), bias: modulation(shift), epsilon: 1e-5 });
  const turned = (x: Tensor) => rotary(x, cos, sin, { heads });

  let x = embedding(ids, weights.get('vocab_embed.embedding', [rows, hiddenSize]));
  for (let block = 0; block < config.blocks; block++) {
    const name = `blocks.${block}`;
    const h = norm(x, `${name}.scale1`, `${name}.shift1`);
    const qkv = linear(h, weights.get(`${name}.attn_qkv.weight`, [3 * hiddenSize, hiddenSize]));
    const [q, k, v] = split(qkv, [hiddenSize, hiddenSize, hiddenSize]) as [Tensor, Tensor, Tensor];
    const attended = encoderAttention(turned(q), turned(k), v, { heads }, packed);
    const output = linear(attended, weights.get(`${name}.attn_out.weight`, [hiddenSize, hiddenSize]));
    x = add(x, multiply(output, modulation(`${name}.gate1`)));
    const inner = project(
      weights,
      norm(x, `${name}.scale2`, `${name}.shift2`),
      `${name}.mlp.0`,
      [4 * hiddenSize, hiddenSize],
      { bias: true },
    );
    const mlp = project(weights, activate('gelu_new', inner), `${name}.mlp.2`, [hiddenSize, 4 * hiddenSize], {
      bias: true,
    });
    x = add(x, multiply(mlp, modulation(`${name}.gate2`)));
  }
  return norm(x, 'output_layer.scale', 'output_layer.shift');
}
