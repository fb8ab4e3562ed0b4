// The two backbones of a pair on a backend.
import {
  allOrNone,
  type Backend,
  type CausalModel,
  createCausalModel,
  createMaskedModel,
  type MaskedModel,
  type RunningModel,
  translateIds,
} from '@maria/core';
import type { TracedPair } from '../pair/trace-pair.js';

export interface RunningBackbones extends RunningModel {
  /** Reads the pair's ids. */
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
}

export async function runBackbones(
  backend: Backend,
  { translation, ...pair }: Pick<TracedPair, 'ar' | 'mlm' | 'translation'>,
): Promise<RunningBackbones> {
  const [ar, mlm] = await allOrNone([
    createCausalModel(backend, pair.ar),
    createMaskedModel(backend, pair.mlm),
  ]);
  return {
    ar: translation ? translateIds(ar, translation.arIds, translation.tokens) : ar,
    mlm,
    interrupt: () => {
      ar.interrupt();
      mlm.interrupt();
    },
    dispose: () => {
      ar.dispose();
      mlm.dispose();
    },
  };
}
