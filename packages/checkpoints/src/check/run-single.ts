// A backbone alone on a backend: a model that has one of the parts of a pair, and its own output embedding.
import {
  type Architecture,
  type Backend,
  chooseAlignment,
  createCausalModel,
  createExpert,
  createMaskedModel,
  DataError,
  type Model,
  type ModelPart,
} from '@maria/core';
import type { SingleModel } from '../pair/open-single.js';
import { nameTheMask } from '../pair/vocabulary-of.js';

/** Traced; its weights and its output embedding are the stored ones, or quantised ones. */
export type TracedSingle<A extends Architecture = Architecture> = SingleModel<A> & ModelPart<A>;

/** @throws DataError where an MLM's tokenizer has no mask token */
export async function runSingle(backend: Backend, single: TracedSingle): Promise<Model> {
  const { architecture, vocabulary, checkpoint } = single;
  const { sizes, outputEmbedding } = architecture;
  if (architecture.kind === 'masked' && vocabulary.maskId === undefined)
    throw new DataError(
      'mask-missing',
      `Cannot check the MLM in ${checkpoint.folder}: its tokenizer has no mask token.`,
      { try: nameTheMask },
    );
  const running =
    architecture.kind === 'causal'
      ? { ar: await createCausalModel(backend, { ...single, architecture }) }
      : { mlm: await createMaskedModel(backend, { ...single, architecture }) };
  const matrix = { ...single.expert, scale: 1 };
  const expert = createExpert(backend, sizes.vocabularySize, matrix, outputEmbedding.softcap);
  const parts = [...Object.values(running), expert];
  return {
    ...running,
    experts: architecture.kind === 'causal' ? { ar: expert } : { mlm: expert },
    vocabularySize: sizes.vocabularySize,
    // No AR model masks anything.
    vocabulary: { ...vocabulary, maskId: vocabulary.maskId ?? -1 },
    alignment: chooseAlignment(
      { arPrefix: 'auto', mlmTemplate: 'auto' },
      { bosId: sizes.bosId ?? vocabulary.bosId, eosId: sizes.eosId ?? vocabulary.eosId },
      vocabulary.template,
    ),
    findNonFiniteTensor: async () => undefined,
    interrupt: () => {
      for (const part of parts) part.interrupt();
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}
