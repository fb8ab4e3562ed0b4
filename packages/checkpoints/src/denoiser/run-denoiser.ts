// A denoiser on a backend, as a model that has nothing else.
import { type Backend, createDenoiser, createExpert, type ModelWith } from '@maria/core';
import { knownRowsAreExact } from '../load/known-rows.js';
import { findNonFinite } from '../weights/find-non-finite.js';
import type { OpenedDenoiser } from './open-denoiser.js';

export type DenoiserModel = ModelWith<'denoiser'>;

export interface RunDenoiserOptions {
  /** Texts that share a pass, where the machine gives each of them the same bits then. @default 8 */
  readonly lanes?: number | undefined;
  /** Of the backend. */
  readonly threads?: number | undefined;
  /** Whether matrices are held as int4. @default false */
  readonly int4?: boolean;
}

export async function runDenoiser(
  backend: Backend,
  opened: OpenedDenoiser,
  { lanes = 8, threads, int4 = false }: RunDenoiserOptions = {},
): Promise<DenoiserModel> {
  const { architecture, vocabulary, form } = opened;
  const { vocabularySize, headSize } = architecture.sizes;
  const matrix = { ...opened.expert, scale: 1 };
  const isExact = lanes === 1 || (await knownRowsAreExact(backend, { threads, headSize, int4 }));
  const expert = createExpert(backend, vocabularySize, matrix, architecture.outputEmbedding.softcap);
  const denoiser = await createDenoiser(backend, opened, expert, form, isExact ? lanes : 1);
  return {
    denoiser,
    experts: {},
    vocabularySize,
    vocabulary,
    alignment: { arPrefix: [], mlmPrefix: form.prefix, mlmSuffix: form.suffix },
    findNonFiniteTensor: async () => {
      const found =
        (await findNonFinite(opened.weights, readNames(opened))) ??
        (await findNonFinite(matrix.source, [matrix.weight, matrix.bias ?? []].flat()));
      return found?.name;
    },
    interrupt: denoiser.interrupt,
    dispose: denoiser.dispose,
  };
}

/** Names of the tensors that its program reads. */
export function readNames({ program }: Pick<OpenedDenoiser, 'program'>): string[] {
  return program.weights.map(({ attributes }) => attributes.name);
}
