// Sequences that an encoder reads in as few runs as that is worth.
import type { Executable, Inputs } from '../tensor/backend.js';
import type { Matrix } from '../tensor/values.js';
import { packedInputs } from './packed-sequences.js';

/**
 * Hidden states of each sequence, [its length, hiddenSize]; they hold until the next run.
 * @param also inputs of the program beside those of the sequences
 */
export async function encodePacked(
  executable: Executable,
  sequences: readonly Int32Array[],
  hiddenSize: number,
  also: Inputs = {},
): Promise<readonly Matrix[]> {
  const passes = passesOf(sequences, executable.mostSequences);
  const encoded: Matrix[] = [];
  for (const pass of passes) {
    const { hidden } = await executable.run({ ...packedInputs(pass), ...also });
    const computed = hidden!.data as Float32Array;
    // The next pass overwrites what this one gives.
    const data = passes.length > 1 ? computed.slice() : computed;
    let first = 0;
    for (const { length: rows } of pass) {
      const own = data.subarray(first * hiddenSize, (first + rows) * hiddenSize);
      encoded.push({ rows, columns: hiddenSize, data: own });
      first += rows;
    }
  }
  return encoded;
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
