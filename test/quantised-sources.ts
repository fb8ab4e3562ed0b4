// Weights as a quantised copy would hold them, in numbers of no account, for tests of graphs.
import { blockSize, blocksInMemory, channelsInMemory, type Program, type WeightSource } from '@maria/core';
import { canQuantize, summedAxes } from '../packages/checkpoints/src/quantize/plan.js';

export const forms = ['none', 'int8', 'int4'] as const;
export type Form = (typeof forms)[number];

/** The matrices that a quantised copy would hold so, in numbers of no account. */
export function heldAs(source: WeightSource, program: Program, form: Form): WeightSource {
  if (form === 'none') return source;
  const axes = summedAxes(program, form);
  return {
    names: () => source.names(),
    read: (name, length) => source.read(name, length),
    get: (name) => {
      const stored = source.get(name);
      const axis = axes.get(name);
      if (!stored || !canQuantize(stored.shape, axis, form)) return stored;
      const shape = [stored.shape[0]!, stored.shape[1]!] as const;
      const [outputs, inputs] = [shape[1 - axis]!, shape[axis]!];
      const [seen, count] = [{ name, shape, axis }, outputs * inputs];
      return form === 'int4'
        ? blocksInMemory(seen, new Uint8Array(count / 2), new Float32Array(count / blockSize))
        : channelsInMemory(seen, new Int8Array(count), new Float32Array(outputs));
    },
  };
}

/** Wide enough for blocks of int4. */
export const wide = {
  ...{ hidden_size: 64, intermediate_size: 96, num_attention_heads: 4, embedding_size: 32 },
  ...{ n_embd: 64, n_head: 4, dim: 64, hidden_dim: 96, n_heads: 4 },
};
