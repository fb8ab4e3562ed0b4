// The gated MLP of Llama and its relatives: down(act(gate x) * up x).
import { multiply } from '../ops/elementwise.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Activation, activate } from './activation.js';
import { project } from './projection.js';
import type { Weights } from './weights.js';

/** Reads `name.gate_proj`, `name.up_proj` [innerSize, hiddenSize] and `name.down_proj` [hiddenSize, innerSize]. */
export function gatedMlp(
  weights: Weights,
  x: Tensor,
  name: string,
  {
    hiddenSize,
    innerSize,
    activation,
    bias = false,
  }: { hiddenSize: number; innerSize: number; activation: Activation; bias?: boolean },
): Tensor {
  const gate = project(weights, x, `${name}.gate_proj`, [innerSize, hiddenSize], { bias });
  const up = project(weights, x, `${name}.up_proj`, [innerSize, hiddenSize], { bias });
  const gated = multiply(activate(activation, gate), up);
  return project(weights, gated, `${name}.down_proj`, [hiddenSize, innerSize], { bias });
}
