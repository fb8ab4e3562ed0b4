// How the threads are shared among passes: all for one, or half of them each for two.
import { cacheOf } from '@maria/core';
import { type Device, physicalCores } from '@maria/kernels';
import { passesSideBySide } from '../memory/side-by-side.js';
import type { TracedPair } from '../pair/trace-pair.js';

export function sharedThreads(
  { ar, mlm }: TracedPair,
  { threads = physicalCores() }: { readonly threads?: number },
  device?: Device,
): { readonly threads: number; readonly passesAtOnce: number } {
  const onCpu = device === undefined || device.kind === 'cpu';
  const passesAtOnce = threads < 2 || !onCpu ? 1 : passesSideBySide([ar, mlm], cacheOf(ar.program).lanes);
  return { threads: Math.floor(threads / passesAtOnce), passesAtOnce };
}
