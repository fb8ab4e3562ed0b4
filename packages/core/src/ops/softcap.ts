// Soft caps: numbers are bounded smoothly, small ones hardly changed.
import type { Tensor } from '../tensor/tensor.js';
import { multiply, tanh } from './elementwise.js';

/** softcap tanh(x / softcap), same shape as `x`; `x` itself without a bound. */
export function softcapped(x: Tensor, softcap: number | undefined): Tensor {
  return softcap === undefined ? x : multiply(tanh(multiply(x, 1 / softcap)), softcap);
}
