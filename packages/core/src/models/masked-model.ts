// A masked language model that runs: its program on a backend.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import type { Matrix } from '../tensor/values.js';
import type { MaskedArchitecture } from './family.js';
import { type AskedRows, encodePacked } from './packed-passes.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** A frozen masked language model. Returned matrices hold as those of a `CausalModel` do: copy what you keep. */
export interface MaskedModel {
  /**
   * Hidden states after the prediction-head transform, [ids.length, hiddenSize] of each sequence as it is (no template added).
   * Sequences share passes; each has the numbers that it has alone.
   * @param rows of each sequence: what is there for others means nothing
   */
  encode(sequences: readonly Int32Array[], rows?: readonly AskedRows[]): Promise<readonly Matrix[]>;
  /** Most passes at the same time. @default 1 */
  readonly passesAtOnce?: number;
  readonly hiddenSize: number;
  /** Rows of the embedding table: every id must be below. */
  readonly vocabularySize: number;
  /** Most tokens of one sequence. */
  readonly maxLength: number;
}

/** Compiles the encoder: the ids of several sequences, packed [1, time] → hidden [1, time, hiddenSize]. */
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
    passesAtOnce: executable.runsAtOnce,
    async encode(sequences, rows = []) {
      const longest = Math.max(...sequences.map(({ length }) => length));
      if (longest > maxLength)
        throw new UsageError(
          'context-too-long',
          `Cannot read ${longest} tokens: the MLM reads at most ${maxLength}.`,
          { try: 'Give a shorter text, or use an MLM of a longer context.' },
        );
      return encodePacked(executable, sequences, hiddenSize, { rows });
    },
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}
