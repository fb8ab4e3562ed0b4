// How the threads are shared among passes: all for one, or half of them each for two.
import { cacheOf } from '@maria/core';
import { physicalCores } from '@maria/kernels';
import { passesSideBySide } from '../memory/side-by-side.js';
import type { TracedPair } from '../pair/trace-pair.js';

export function sharedThreads(
  { ar, mlm }: TracedPair,
  { threads = physicalCores() }: { readonly threads?: number },
): { readonly threads: number; readonly passesAtOnce: number } {
  const passesAtOnce = threads < 2 ? 1 : passesSideBySide([ar, mlm], cacheOf(ar.program).lanes);
  return { threads: Math.floor(threads / passesAtOnce), passesAtOnce };
}
