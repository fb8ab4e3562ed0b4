// How the threads are shared among passes: all for one, or half of them each for two passes of different parts.
import { cacheOf, numberOfElements } from '@maria/core';
import { physicalCores } from '@maria/kernels';
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
  if (lanes < fewestLanes || threads < 2 || weightBytes(pair) > mostWeightBytes)
    return { threads, passesAtOnce: 1 };
  return { threads: Math.floor(threads / 2), passesAtOnce: 2 };
}

/** Of both backbones as float32, each matrix once. */
function weightBytes({ ar, mlm }: TracedPair): number {
  return [ar, mlm]
    .flatMap(({ program }) => program.weights)
    .reduce((bytes, { attributes }) => bytes + 4 * numberOfElements(attributes.shape), 0);
}
