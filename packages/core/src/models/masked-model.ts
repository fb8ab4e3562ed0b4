// A masked language model that runs: its program on a backend.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { int32, type Matrix } from '../tensor/values.js';
import type { MaskedArchitecture } from './family.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** A frozen masked language model. Returned matrices hold until the model's next call: copy what you keep. */
export interface MaskedModel {
  /** Hidden states after the prediction-head transform, [ids.length, hiddenSize] of each sequence as it is (no template added). */
  encode(sequences: readonly Int32Array[]): Promise<readonly Matrix[]>;
  readonly hiddenSize: number;
  /** Rows of the embedding table: every id must be below. */
  readonly vocabularySize: number;
  /** Most tokens of one call. */
  readonly maxLength: number;
}

/** Compiles the encoder: ids [1, time] → hidden [1, time, hiddenSize] after the prediction-head transform. */
export async function createMaskedModel(
  backend: Backend,
  { architecture, weights, program }: ModelPart<MaskedArchitecture>,
): Promise<MaskedModel & RunningModel> {
  const { hiddenSize, vocabularySize, maxLength } = architecture.sizes;
  const executable = await backend.compile(program, weights);
  return {
    hiddenSize,
    vocabularySize,
    maxLength,
    async encode(sequences) {
      const longest = Math.max(...sequences.map(({ length }) => length));
      if (longest > maxLength)
        throw new UsageError(
          'context-too-long',
          `Cannot read ${longest} tokens: the MLM reads at most ${maxLength}.`,
          { try: 'Give a shorter text, or use an MLM of a longer context.' },
        );
      const encoded: Matrix[] = [];
      for (const ids of sequences) {
        const outputs = await executable.run({ ids: int32(ids, [1, ids.length]) });
        const data = outputs.hidden!.data as Float32Array;
        encoded.push({
          rows: ids.length,
          columns: hiddenSize,
          data: sequences.length > 1 ? data.slice() : data,
        });
      }
      return encoded;
    },
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}
