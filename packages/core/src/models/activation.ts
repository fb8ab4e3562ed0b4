// Activations by the names that config.json uses (transformers' ACT2FN).
import { z } from 'zod';
import { gelu } from '../ops/gelu.js';
import { relu } from '../ops/relu.js';
import { silu } from '../ops/silu.js';
import { tanh } from '../ops/elementwise.js';
import type { Tensor } from '../tensor/tensor.js';

const activations = {
  gelu: (x: Tensor) => gelu(x),
  gelu_new: (x: Tensor) => gelu(x, { approximate: 'tanh' }),
  gelu_pytorch_tanh: (x: Tensor) => gelu(x, { approximate: 'tanh' }),
  gelu_fast: (x: Tensor) => gelu(x, { approximate: 'tanh' }),
  relu: (x: Tensor) => relu(x),
  silu: (x: Tensor) => silu(x),
  swish: (x: Tensor) => silu(x),
  tanh: (x: Tensor) => tanh(x),
};

export type Activation = keyof typeof activations;
export const activationSchema = z.enum(Object.keys(activations) as [Activation, ...Activation[]]);

export function activate(name: Activation, x: Tensor): Tensor {
  return activations[name](x);
}
