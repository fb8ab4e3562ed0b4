// The random numbers of a sampler: each belongs to a seed, a sample, a step, a position and an index.
import { type RandomKey, randomKey } from '../../random.js';

/** A number in (0, 1) for an index: the id of a token, or the number of rows for what is tossed about the position itself. */
export type Uniforms = (index: number) => number;

export interface Noise {
  at(step: number, position: number): Uniforms;
}

/**
 * Of float64, so that the tail of Gumbel noise is whole. Threefry encrypts (step, position) under the key of the sample, and
 * the result is the key under which indices are counted.
 */
export function noiseOf(key: RandomKey): Noise {
  return {
    at(step, position) {
      const [first, second] = key.bits(step, position);
      const { uniform } = randomKey(first!, second);
      return (index) => uniform(0, index);
    },
  };
}
