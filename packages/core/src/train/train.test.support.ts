// For tests of training: backbones that are tables, and documents that they can learn from.

import { oneLane } from '../models/one-lane.test.support.js';
import { randomKey } from '../random.js';
import { type Matrix, row } from '../tensor/values.js';
import type { Backbones } from './features.js';
import { WindowBuilder, type Windows } from './windows.js';

export const vocabularySize = 12;
export const maskId = 11;
const columns = 6;

function table(seed: number): Matrix {
  const key = randomKey(seed);
  const data = Float32Array.from({ length: vocabularySize * columns }, (_, i) => key.normal(0, i));
  return { rows: vocabularySize, columns, data };
}

const gather = (from: Matrix, ids: ArrayLike<number>): Matrix => ({
  rows: ids.length,
  columns,
  data: Float32Array.from(Array.from(ids).flatMap((id) => [...row(from, id)])),
});

export interface TableBackbones extends Backbones {
  /** What each model was given, call after call. */
  readonly calls: { readonly ar: number[][]; readonly mlm: number[][] };
  interrupt(): void;
}

/** The AR model sees the last token; the MLM sees the token before a mask (itself, elsewhere). */
export function tableBackbones(arPrefix: readonly number[] = [0]): TableBackbones {
  const [arTable, mlmTable] = [table(1), table(2)];
  const calls = { ar: [] as number[][], mlm: [] as number[][] };
  const sizes = { hiddenSize: columns, vocabularySize };
  return {
    calls,
    ar: oneLane({ ...sizes, capacity: 1000 }, (ids) => {
      calls.ar.push([...ids]);
      return gather(arTable, ids);
    }),
    mlm: {
      ...sizes,
      maxLength: 1000,
      encode: async (sequences) =>
        sequences.map((ids) => {
          calls.mlm.push([...ids]);
          return gather(
            mlmTable,
            Array.from(ids, (id, i) => (id === maskId ? (ids[i - 1] ?? 0) : id)),
          );
        }),
    },
    alignment: { arPrefix, mlmPrefix: [9], mlmSuffix: [10] },
    maskId,
    interrupt: () => {},
  };
}

/** Documents in which each token follows from the one before: 1 2 3 … 8 1 2 … */
export function countingWindows(documents: number, length: number): Windows {
  const builder = new WindowBuilder(length);
  for (let i = 0; i < documents; i++) {
    builder.add(Int32Array.from({ length: 5 + (i % length) }, (_, j) => 1 + ((i + j) % 8)));
    builder.endDocument();
  }
  return builder.build();
}
