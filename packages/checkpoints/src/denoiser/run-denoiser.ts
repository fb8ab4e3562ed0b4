// A denoiser on a backend, as a model that has nothing else.
import { type Backend, createDenoiser, createExpert, type ModelWith } from '@maria/core';
import { findNonFinite } from '../weights/find-non-finite.js';
import type { OpenedDenoiser } from './open-denoiser.js';

export type DenoiserModel = ModelWith<'denoiser'>;

export async function runDenoiser(backend: Backend, opened: OpenedDenoiser): Promise<DenoiserModel> {
  const { architecture, vocabulary, form } = opened;
  const { vocabularySize } = architecture.sizes;
  const matrix = { ...opened.expert, scale: 1 };
  const expert = createExpert(backend, vocabularySize, matrix, architecture.outputEmbedding.softcap);
  const denoiser = await createDenoiser(backend, opened, expert, form);
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
