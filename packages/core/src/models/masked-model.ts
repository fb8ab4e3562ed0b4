// A masked language model that runs: its program on a backend.
import { UsageError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { int32, type Matrix, rowsFrom } from '../tensor/values.js';
import { askedInput, askedPlaces, spread } from './asked-rows.js';
import type { MaskedArchitecture } from './family.js';
import { packedInputs } from './packed-sequences.js';
import type { ModelPart } from './part.js';
import type { RunningModel } from './running-model.js';

/** Those of a sequence, ascending, whose hidden states are asked for; undefined for all. */
type AskedRows = readonly number[] | undefined;

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
      const passes = passesOf(sequences, executable.mostSequences);
      let next = 0;
      const encoded: Matrix[] = [];
      for (const pass of passes) {
        const asked = askedPlaces(pass.map(({ length }) => ({ count: length, asked: rows[next++] })));
        const { hidden } = await executable.run({ ...packedInputs(pass), [askedInput]: int32(asked) });
        const computed = hidden!.data as Float32Array;
        // The next pass overwrites what this one gives.
        const data = passes.length > 1 ? computed.slice() : computed;
        const total = pass.reduce((sum, { length }) => sum + length, 0);
        const all = spread(total, { rows: asked.length, columns: hiddenSize, data }, asked);
        let first = 0;
        for (const { length } of pass) {
          encoded.push(rowsFrom(all, first, length));
          first += length;
        }
      }
      return encoded;
    },
    interrupt: () => executable.interrupt(),
    dispose: () => executable.dispose(),
  };
}

/** Packing saves what a pass costs whatever its length. Beyond this many rows that is little, and memory would grow. */
const mostRows = 256;

/** Fewer sequences are read one after the other: that is as fast. */
const fewestPacked = 4;

/** The sequences in order, as many in each pass as it may have. */
function passesOf(sequences: readonly Int32Array[], mostSequences: number): Int32Array[][] {
  const passes: Int32Array[][] = [];
  let rows = 0;
  for (const ids of sequences) {
    rows += ids.length;
    const pass = passes.at(-1);
    if (pass && pass.length < mostSequences && rows <= mostRows) pass.push(ids);
    else {
      passes.push([ids]);
      rows = ids.length;
    }
  }
  return passes.flatMap((pass) => (pass.length < fewestPacked ? pass.map((ids) => [ids]) : [pass]));
}
