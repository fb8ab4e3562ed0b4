// The letter model with several lanes, for tests: what each pass read, of which lanes, and what was copied.
import { letterModel, logitAfter, maskId } from '../anneal/letter-model.test.support.js';
import { UsageError } from '../errors.js';
import type { ModelWith, PairPart } from '../maria/model.js';
import type { LaneRead } from '../models/causal-model.js';
import type { Matrix } from '../tensor/values.js';

export const columns = 10;

/** A mask cannot be read. */
export function model(lanes: number, { capacity = 64 } = {}) {
  const held = Array.from({ length: lanes }, () => new Int32Array());
  const passes: { lane: number; ids: number[] }[][] = [];
  const copies: [from: number, to: number, length: number][] = [];
  const rowsOf = (ids: readonly number[]): Matrix => ({
    rows: ids.length,
    columns,
    data: Float32Array.from(
      ids.flatMap((id) => Array.from({ length: columns }, (_, to) => logitAfter(id, to))),
    ),
  });
  const encoded: number[] = [];
  const most = { lanes: 0 };
  /** Sequences of passes that began while another was in progress. */
  const beside: number[] = [];
  /** Lanes of the passes in progress. */
  const reading = new Set<number>();
  const letters = letterModel();
  const ar = {
    lanes,
    capacity,
    cacheBytes: 0,
    hiddenSize: columns,
    vocabularySize: columns,
    length: (lane: number) => held[lane]!.length,
    ids: (lane: number) => held[lane]!,
    async extend(reads: readonly LaneRead[]) {
      passes.push(reads.map(({ lane, ids }) => ({ lane, ids: [...ids] })));
      if (reading.size > 0) beside.push(reads.length);
      for (const { lane } of reads) {
        if (reading.has(lane)) throw new Error(`two passes read lane ${lane}`);
        reading.add(lane);
      }
      most.lanes = Math.max(most.lanes, reading.size);
      await new Promise(setImmediate);
      for (const { lane } of reads) reading.delete(lane);
      if (reads.some(({ ids }) => ids.includes(maskId)))
        throw new UsageError('bad-read', 'Cannot read a mask.');
      for (const { lane, ids } of reads) held[lane] = Int32Array.from([...held[lane]!, ...ids]);
      return rowsOf(reads.flatMap(({ ids }) => [...ids]));
    },
    truncate(lane: number, length: number) {
      held[lane] = held[lane]!.slice(0, length);
    },
    async copy(from: number, to: number, length: number) {
      if (reading.has(to)) throw new Error('nothing is copied to a lane that is being read');
      copies.push([from, to, length]);
      held[to] = held[from]!.slice(0, length);
    },
  };
  const whole: ModelWith<PairPart> = {
    ...letters,
    ar,
    mlm: {
      ...letters.mlm,
      encode: (sequences) => {
        encoded.push(sequences.length);
        return letters.mlm.encode(sequences);
      },
    },
  };
  return { model: whole, passes, copies, encoded, reading, most, beside };
}
