// The two backbones of a pair on a backend.
import {
  allOrNone,
  type Backend,
  type CausalModel,
  cacheOf,
  createCausalModel,
  createMaskedModel,
  isOp,
  type MaskedModel,
  ops,
  type RunningModel,
  translateIds,
} from '@maria/core';
import type { TracedPair } from '../pair/trace-pair.js';
import { knownRowsAreExact } from './known-rows.js';

export interface RunningBackbones extends RunningModel {
  /** Reads the pair's ids. */
  readonly ar: CausalModel;
  readonly mlm: MaskedModel;
  readonly rowsAreExact: boolean;
}

export interface RunOptions {
  /** Of the backend. */
  readonly threads?: number | undefined;
  /** Whether matrices are held as int4. @default false */
  readonly int4?: boolean;
  /** What `Model.rowsAreExact` is to be. @default as the machine's kernels are found to be */
  readonly rowsAreExact?: boolean | undefined;
}

export async function runBackbones(
  backend: Backend,
  { translation, ...pair }: Pick<TracedPair, 'ar' | 'mlm' | 'translation'>,
  { threads, int4 = false, rowsAreExact: given }: RunOptions = {},
): Promise<RunningBackbones> {
  const { headSize } = pair.ar.architecture.sizes;
  const { storage } = cacheOf(pair.ar.program);
  const limited = pair.ar.program.nodes.some(
    (node) =>
      isOp(node, ops.laneAttentionOp) &&
      (node.attributes.window !== undefined || node.attributes.softcap !== undefined),
  );
  // Beside the models, which take longer.
  const probing = given ?? knownRowsAreExact(backend, { threads, headSize, storage, int4, limited });
  const [ar, mlm, exact] = await allOrNone([
    createCausalModel(backend, pair.ar),
    createMaskedModel(backend, pair.mlm),
    Promise.resolve(probing).then((isExact) => ({ isExact, dispose: () => {} })),
  ]);
  return {
    rowsAreExact: exact.isExact,
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
