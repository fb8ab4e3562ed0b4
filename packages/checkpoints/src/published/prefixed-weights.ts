// A part of a checkpoint as a checkpoint of its own: the tensors under one prefix, by their names without it.
import type { WeightSource } from '@maria/core';

export function prefixedWeights(source: WeightSource, prefix: string): WeightSource {
  return {
    get: (name) => {
      const tensor = source.get(prefix + name);
      return tensor && { ...tensor, name };
    },
    *names() {
      for (const name of source.names()) if (name.startsWith(prefix)) yield name.slice(prefix.length);
    },
    read: (name, length) => source.read(prefix + name, length),
  };
}
