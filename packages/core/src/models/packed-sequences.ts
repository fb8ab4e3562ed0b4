// Several sequences that an encoder reads in one run, packed one after the other: as a program sees them, and their values.
import type { Inputs } from '../tensor/backend.js';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { int32 } from '../tensor/values.js';

export interface PackedSequences {
  /** Tokens of each, int32 [sequences]. */
  readonly lengths: Tensor;
  /** Of each token in its sequence, int32 [time]. */
  readonly positions: Tensor;
}

/** As inputs of a program, by these names. */
export function packedSequences(): PackedSequences {
  return {
    lengths: input('lengths', ['sequences'], 'int32'),
    positions: input('positions', ['time'], 'int32'),
  };
}

/** Values of those inputs, and of `ids`. */
export function packedInputs(sequences: readonly Int32Array[]): Inputs {
  const lengths = Int32Array.from(sequences, ({ length }) => length);
  const time = lengths.reduce((total, length) => total + length, 0);
  const [ids, positions] = [new Int32Array(time), new Int32Array(time)];
  const longest = Int32Array.from({ length: Math.max(...lengths) }, (_, i) => i);
  let first = 0;
  for (const sequence of sequences) {
    ids.set(sequence, first);
    positions.set(longest.subarray(0, sequence.length), first);
    first += sequence.length;
  }
  return {
    ids: int32(ids, [1, time]),
    lengths: int32(lengths),
    positions: int32(positions),
  };
}
