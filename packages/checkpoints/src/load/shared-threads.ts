// How the threads are shared among passes: all for one, or half of them each for two passes of different parts.
import { cacheOf } from '@maria/core';
import { physicalCores } from '@maria/kernels';
import { estimatedPair, estimateMemory } from '../memory/estimate.js';
import type { TracedPair } from '../pair/trace-pair.js';

/** Passes of a small model wait for each other's threads more than they compute; those of a larger one keep all threads busy. */
const mostWeightBytes = 64 * 2 ** 20;

/** With fewer sequences there is nothing to do while one pass computes. */
const fewestLanes = 4;

export function sharedThreads(
  pair: TracedPair,
  { threads = physicalCores() }: { readonly threads?: number },
): { readonly threads: number; readonly passesAtOnce: number } {
  const { lanes } = cacheOf(pair.ar.program);
  const { weights } = estimateMemory(estimatedPair(pair), 'none');
  if (lanes < fewestLanes || threads < 2 || weights > mostWeightBytes) return { threads, passesAtOnce: 1 };
  return { threads: Math.floor(threads / 2), passesAtOnce: 2 };
}
