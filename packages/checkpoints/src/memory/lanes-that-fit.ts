// How many sequences at once there is memory for.
import type { CacheOptions } from '@maria/core';
import type { Pair } from '../pair/pair.js';
import { type TracedPair, tracePair } from '../pair/trace-pair.js';
import type { Quantization } from '../quantize/scheme.js';
import { type AvailableMemory, availableMemory } from './available.js';
import { type EstimatedModel, estimatedPair, estimateTogether } from './estimate.js';

/**
 * At most `atMost` lanes, at least 1: what they take beyond the first is up to half of what the model with one leaves free.
 * @param quantizations in which the model is to be in memory at the same time
 */
export function lanesThatFit(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  atMost: number,
  available: Pick<AvailableMemory, 'bytes'> = availableMemory(),
): number {
  const totalOf = (lanes: number) => estimateTogether({ ...model, lanes }, quantizations).total;
  const most = totalOf(1) + (available.bytes - totalOf(1)) / 2;
  let lanes = atMost;
  while (lanes > 1 && totalOf(lanes) > most) lanes--;
  return lanes;
}

/** What `trace` makes with as many lanes as fit, at most those of `cache`. @throws as `trace` does */
export function withFittingLanes<T>(
  cache: CacheOptions & { readonly lanes: number },
  quantizations: readonly Quantization[],
  trace: (cache: CacheOptions) => T,
  estimate: (traced: T) => EstimatedModel,
  available: Pick<AvailableMemory, 'bytes'> = availableMemory(),
): T {
  const traced = trace(cache);
  const lanes = lanesThatFit(estimate(traced), quantizations, cache.lanes, available);
  return lanes < cache.lanes ? trace({ ...cache, lanes }) : traced;
}

/** The pair with as many lanes as fit, at most those of `cache`. @throws as `tracePair` does */
export function traceFitting(
  pair: Pair,
  cache: CacheOptions & { readonly lanes: number },
  quantizations: readonly Quantization[],
  available?: Pick<AvailableMemory, 'bytes'>,
  on: Pick<EstimatedModel, 'dtype' | 'device'> = {},
): TracedPair {
  return withFittingLanes(
    cache,
    quantizations,
    (cache) => tracePair(pair, cache),
    (traced) => ({ ...estimatedPair(traced), ...on }),
    available,
  );
}
