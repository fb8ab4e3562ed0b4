// Tells of the quantising of a model, which happens once and takes a while.
import type { LoadModelOptions } from '@maria/kernels';

/** Says once a model that it is being quantised, where that takes long enough to wonder. */
export function quantizeTeller(tell: (message: string) => void): NonNullable<LoadModelOptions['onQuantize']> {
  const longElements = 1e8;
  return ({ label, scheme, done, total }) => {
    if (done === 0 && total > longElements)
      tell(`Quantising ${label} to ${scheme}, once: ${(total / 1e9).toFixed(2)} billion parameters.`);
  };
}
