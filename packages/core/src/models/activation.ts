// Activations by the names that config.json uses (transformers' ACT2FN).
import { z } from 'zod';
import { add, clip, exp, log, maximum, multiply, negate, sigmoid, tanh } from '../ops/elementwise.js';
import { gelu } from '../ops/gelu.js';
import { relu } from '../ops/relu.js';
import { silu } from '../ops/silu.js';
import type { Tensor } from '../tensor/tensor.js';

const tanhGelu = (x: Tensor) => gelu(x, { approximate: 'tanh' });

/** log(1 + e^x), without overflow for large x. */
function softplus(x: Tensor): Tensor {
  const negativeMagnitude = negate(maximum(x, negate(x)));
  return add(relu(x), log(add(exp(negativeMagnitude), 1)));
}

const activations = {
  gelu: (x: Tensor) => gelu(x),
  gelu_python: (x: Tensor) => gelu(x),
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_python_tanh: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_10: (x: Tensor) => clip(gelu(x), { min: -10, max: 10 }),
  quick_gelu: (x: Tensor) => multiply(x, sigmoid(multiply(x, 1.702))),
  relu: (x: Tensor) => relu(x),
  relu2: (x: Tensor) => multiply(relu(x), relu(x)),
  relu6: (x: Tensor) => clip(x, { min: 0, max: 6 }),
  leaky_relu: (x: Tensor) => maximum(x, multiply(x, 0.01)),
  silu: (x: Tensor) => silu(x),
  swish: (x: Tensor) => silu(x),
  mish: (x: Tensor) => multiply(x, tanh(softplus(x))),
  hardswish: (x: Tensor) => multiply(x, multiply(clip(add(x, 3), { min: 0, max: 6 }), 1 / 6)),
  sigmoid: (x: Tensor) => sigmoid(x),
  tanh: (x: Tensor) => tanh(x),
  linear: (x: Tensor) => x,
};

export type Activation = keyof typeof activations;
export const activationSchema = z.enum(Object.keys(activations) as [Activation, ...Activation[]]);

export function activate(name: Activation, x: Tensor): Tensor {
  return activations[name](x);
}
