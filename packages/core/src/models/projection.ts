// One linear layer of a checkpoint: its weight and, where it has one, its bias, by name.
import { add } from '../ops/elementwise.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { matmul } from '../ops/matmul.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Weights } from './weights.js';

/** x W^T + b with `name.weight` [out, in] and, if `bias`, `name.bias` [out]. */
export function project(
  weights: Weights,
  x: Tensor,
  name: string,
  [outSize, inSize]: readonly [number, number],
  { bias }: { bias: boolean },
): Tensor {
  const weight = weights.get(`${name}.weight`, [outSize, inSize]);
  return linear(x, weight, bias ? weights.get(`${name}.bias`, [outSize]) : undefined);
}

/** x W + b with `name.weight` stored [in, out], as GPT-2's Conv1D stores it. */
export function projectTransposed(
  weights: Weights,
  x: Tensor,
  name: string,
  [inSize, outSize]: readonly [number, number],
): Tensor {
  return add(
    matmul(x, weights.get(`${name}.weight`, [inSize, outSize])),
    weights.get(`${name}.bias`, [outSize]),
  );
}

/** LayerNorm with `name.weight` and `name.bias`, both of the width of x. */
export function layerNormNamed(
  weights: Weights,
  x: Tensor,
  name: string,
  size: number,
  epsilon: number,
): Tensor {
  return layerNorm(x, {
    scale: weights.get(`${name}.weight`, [size]),
    bias: weights.get(`${name}.bias`, [size]),
    epsilon,
  });
}
