// Backbones with their programs: traced once, when the capacity of the KV cache is known.
import {
  type Architecture,
  type CacheOptions,
  type CausalArchitecture,
  type MaskedArchitecture,
  type ModelPart,
  tracePart,
} from '@maria/core';
import type { Backbone, Pair } from './pair.js';

/** What memory is estimated, weights are checked and quantised, and models are compiled from. */
export type Part<A extends Architecture = Architecture> = Backbone<A> & ModelPart<A>;

export interface TracedPair extends Pair {
  readonly ar: Part<CausalArchitecture>;
  readonly mlm: Part<MaskedArchitecture>;
}

/** @throws DataError when a tensor is missing or has another shape */
export function tracePair(pair: Pair, cache: CacheOptions): TracedPair {
  return { ...pair, ar: traceBackbone(pair.ar, cache), mlm: traceBackbone(pair.mlm, cache) };
}

/**
 * @param cache of an AR model; it never holds more than the model was made for
 * @throws DataError when a tensor is missing or has another shape
 */
export function traceBackbone<B extends Backbone>(
  backbone: B,
  cache: CacheOptions,
): B & ModelPart<B['architecture']> {
  const { architecture, weights }: Backbone<B['architecture']> = backbone;
  const { maxLength } = architecture.sizes;
  const capacity = Math.min(cache.capacity ?? maxLength, maxLength);
  return { ...backbone, ...tracePart(architecture, weights, { ...cache, capacity }) };
}
