// The layers that Llama, Qwen2 and EuroBERT share: RMSNorm before attention and MLP, rotary positions, grouped queries, a gated MLP.
import { add } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotary } from '../ops/rotary.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Activation } from './activation.js';
import type { AttentionHeads } from './causal-attention.js';
import { gatedMlp } from './gated-mlp.js';
import { project } from './projection.js';
import { type RopeConfig, rotaryTables } from './rope.js';
import type { Weights } from './weights.js';

export interface LlamaConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly rms_norm_eps: number;
  readonly hidden_act: Activation;
  readonly heads: AttentionHeads;
  readonly rope: RopeConfig;
}

export interface LlamaForm {
  /** Of the rows, as `positionsOf` gives them. */
  readonly positions: Tensor;
  /** Which projections have a bias: those of queries, keys and values, that of what was attended to, those of the MLP. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Attention of a layer, without the projection after it. */
  attend(q: Tensor, k: Tensor, v: Tensor, layer: number): Tensor;
}

/** ids [1, time] → hidden states [1, time, hiddenSize] after all layers and the final norm. */
export function llamaLayers(
  config: LlamaConfig,
  weights: Weights,
  ids: Tensor,
  { positions, biases, attend }: LlamaForm,
): Tensor {
  const { hidden_size: hiddenSize, heads } = config;
  const width = heads.heads * heads.headSize;
  const kvWidth = heads.kvHeads * heads.headSize;
  const norm = (x: Tensor, name: string) =>
    rmsNorm(x, weights.get(`${name}.weight`, [hiddenSize]), config.rms_norm_eps);
  const { cos, sin } = rotaryTables(config.rope, positions);

  let x = embedding(ids, weights.get('embed_tokens.weight', [config.vocab_size, hiddenSize]));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    const h = norm(x, `${name}.input_layernorm`);
    const projected = (projection: string, size: number) =>
      project(weights, h, `${name}.self_attn.${projection}`, [size, hiddenSize], { bias: biases.qkv });
    const q = rotary(projected('q_proj', width), cos, sin, { heads: heads.heads });
    const k = rotary(projected('k_proj', kvWidth), cos, sin, { heads: heads.kvHeads });
    const attended = attend(q, k, projected('v_proj', kvWidth), layer);
    const output = project(weights, attended, `${name}.self_attn.o_proj`, [hiddenSize, width], {
      bias: biases.output,
    });
    x = add(x, output);
    x = add(
      x,
      gatedMlp(weights, norm(x, `${name}.post_attention_layernorm`), `${name}.mlp`, {
        hiddenSize,
        innerSize: config.intermediate_size,
        activation: config.hidden_act,
        bias: biases.mlp,
      }),
    );
  }
  return norm(x, 'norm');
}
