// Sequences that an encoder reads in as few runs as that is worth.
import type { Executable, Inputs } from '../tensor/backend.js';
import { int32, type Matrix, rowsFrom } from '../tensor/values.js';
import { askedInput, askedPlaces, spread } from './asked-rows.js';
import { packedInputs } from './packed-sequences.js';

/** Those of a sequence, ascending, whose hidden states are asked for; undefined for all. */
export type AskedRows = readonly number[] | undefined;

interface Reads {
  /** Of each sequence: what is there for others means nothing. */
  readonly rows?: readonly AskedRows[];
  /** Inputs of the program beside those of the sequences. */
  readonly also?: Inputs;
}

/** Hidden states of each sequence, [its length, hiddenSize]; they hold until the next run. */
export async function encodePacked(
  executable: Executable,
  sequences: readonly Int32Array[],
  hiddenSize: number,
  { rows = [], also = {} }: Reads = {},
): Promise<readonly Matrix[]> {
  const passes = passesOf(sequences, executable.mostSequences);
  let next = 0;
  const encoded: Matrix[] = [];
  for (const pass of passes) {
    const asked = askedPlaces(pass.map(({ length }) => ({ count: length, asked: rows[next++] })));
    const { hidden } = await executable.run({ ...packedInputs(pass), [askedInput]: int32(asked), ...also });
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
}

/**
 * Room for as many lines of text as a pass takes: what is left over of a pass that is cut short is read sequence by sequence.
 * Beyond this many rows packing saves little, and memory would grow.
 */
const mostRows = 512;

/** A longer one is read by itself: backends may compute its local attention otherwise than in a pack, with other bits. */
export const longestPacked = 256;

/** Fewer sequences are read one after the other: that is as fast. */
export const fewestPacked = 4;

/** The sequences in order, as many in each pass as it may have. */
function passesOf(sequences: readonly Int32Array[], mostSequences: number): Int32Array[][] {
  const passes: Int32Array[][] = [];
  let rows = 0;
  for (const ids of sequences) {
    rows += ids.length;
    const pass = passes.at(-1);
    const longest = Math.max(ids.length, pass?.[0]?.length ?? 0);
    if (pass && longest <= longestPacked && pass.length < mostSequences && rows <= mostRows) pass.push(ids);
    else {
      passes.push([ids]);
      rows = ids.length;
    }
  }
  return passes.flatMap((pass) => (pass.length < fewestPacked ? pass.map((ids) => [ids]) : [pass]));
}
