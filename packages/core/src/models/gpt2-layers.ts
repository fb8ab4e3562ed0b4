// The layers of GPT-2, whatever its attention sees: LayerNorm before attention and MLP, learned positions.
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { split } from '../ops/shape-ops.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Activation, activate } from './activation.js';
import type { AttentionHeads } from './causal-attention.js';
import { headSizeOf } from './decoder-config.js';
import { layerNormNamed, projectTransposed } from './projection.js';
import type { Weights } from './weights.js';

export interface Gpt2LayersConfig {
  readonly vocab_size: number;
  readonly n_positions: number;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  readonly n_inner?: number | null | undefined;
  readonly activation_function: Activation;
  readonly layer_norm_epsilon: number;
  readonly scale_attn_weights: boolean;
  readonly scale_attn_by_inverse_layer_idx: boolean;
}

export interface Gpt2Form {
  /** Of the rows, int32 [time]. */
  readonly positions: Tensor;
  /** Attention of a layer, without the projection after it. @param scale factor of q k^T */
  attend(q: Tensor, k: Tensor, v: Tensor, layer: number, scale: number): Tensor;
}

export function headsOf({ n_embd, n_head }: Gpt2LayersConfig): AttentionHeads {
  return { heads: n_head, kvHeads: n_head, headSize: headSizeOf(n_embd, n_head) };
}

/** ids [1, time] → hidden states [1, time, n_embd] after all layers and the final norm. */
export function gpt2Layers(
  config: Gpt2LayersConfig,
  weights: Weights,
  ids: Tensor,
  { positions, attend }: Gpt2Form,
): Tensor {
  const hiddenSize = config.n_embd;
  const innerSize = config.n_inner ?? 4 * hiddenSize;
  const { headSize } = headsOf(config);
  const norm = (x: Tensor, name: string) =>
    layerNormNamed(weights, x, name, hiddenSize, config.layer_norm_epsilon);

  const tokens = embedding(ids, weights.get('wte.weight', [config.vocab_size, hiddenSize]));
  let x = add(tokens, embedding(positions, weights.get('wpe.weight', [config.n_positions, hiddenSize])));
  for (let layer = 0; layer < config.n_layer; layer++) {
    const name = `h.${layer}`;
    const qkv = projectTransposed(weights, norm(x, `${name}.ln_1`), `${name}.attn.c_attn`, [
      hiddenSize,
      3 * hiddenSize,
    ]);
    const [q, k, v] = split(qkv, [hiddenSize, hiddenSize, hiddenSize]) as [Tensor, Tensor, Tensor];
    const scale =
      (config.scale_attn_weights ? 1 / Math.sqrt(headSize) : 1) /
      (config.scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
    const attended = attend(q, k, v, layer, scale);
    x = add(x, projectTransposed(weights, attended, `${name}.attn.c_proj`, [hiddenSize, hiddenSize]));
    const inner = projectTransposed(weights, norm(x, `${name}.ln_2`), `${name}.mlp.c_fc`, [
      hiddenSize,
      innerSize,
    ]);
    const activated = activate(config.activation_function, inner);
    x = add(x, projectTransposed(weights, activated, `${name}.mlp.c_proj`, [innerSize, hiddenSize]));
  }
  return norm(x, 'ln_f');
}
