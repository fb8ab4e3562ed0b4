// Weights of a family for which nobody has files: fixed random numbers, scales of norms around 1.
import {
  type Architecture,
  parameterShapes,
  randomKey,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';

export function randomWeights(architecture: Architecture): WeightSource {
  const tensors = [...parameterShapes(architecture)].map(([name, shape], stream) => {
    const key = randomKey(3, stream);
    const center = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, (_, i) => center + 0.3 * key.normal(0, i));
    return [name, { shape, data }] as const;
  });
  return weightsInMemory(Object.fromEntries(tensors));
}
