// The choice of a token on a device: from logits to the shortlist that it is chosen from.
import {
  bool,
  float32,
  type Inputs,
  input,
  int32,
  ops,
  shortlisted,
  shortlistLength,
  trace,
} from '@maria/core';
import { fillWith, normals, normalsPeriod } from '../random-normals.js';
import { type KernelBenchmark, noData } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** As widely spread as a language model's. */
const logitsOf = (length: number, start: number) => normals(length, start).map((value) => 3 * value);

/** Positions whose tokens are chosen together. */
const rowCounts = [1, 16];
/** Ids with much noise, whose logits are asked for. */
const askedOfRow = 1024;
/** A mask, a difference, an exponential and a sum, and once more at a temperature; the largest are counted as one comparison each. */
const flopsEach = 8;

/** The logits of the list, those that are asked for, and both sums. */
function samplingProgram(V: number, asked: number) {
  const { top, askedLogits, sum, temperedSum } = shortlisted(V, input('x', ['rows', V]), asked);
  const column = (x: typeof sum) => ops.reshape(x!, ['rows', 1]);
  const all = ops.concat([top!, askedLogits!, column(sum), column(temperedSum)], 1);
  // Logits of ids that may not be chosen would hide every difference beside them.
  return trace({ result: ops.clip(all, { min: -100, max: 1e6 }) });
}

export function* samplingBenchmarks({ name, vocabularySize: V }: KernelShape): Generator<KernelBenchmark> {
  const asked = Math.min(askedOfRow, V);
  for (const rows of rowCounts) {
    let x = new Float32Array();
    const inputsOf = (logits: Float32Array, count: number): Inputs => ({
      x: float32(logits, [count, V]),
      // One id in ten may not be chosen.
      masks: bool(
        Uint8Array.from({ length: V }, (_, id) => Number(id % 10 > 0)),
        [1, V],
      ),
      mask: int32(new Int32Array(count)),
      asked: int32(
        Int32Array.from({ length: count * asked }, (_, i) => (i * 7919) % V),
        [count, asked],
      ),
      sharpness: float32(new Float32Array(count).fill(1 / 0.8), [count, 1]),
    });
    yield {
      kernel: 'sampling',
      model: name,
      program: samplingProgram(V, asked),
      data: async () => {
        x = await fillWith(new Float32Array(rows * V), logitsOf(normalsPeriod, 0));
        return noData;
      },
      reference: {
        program: samplingProgram(V, asked),
        data: () => noData,
        *inputs(all) {
          for (let row = 0; row < rows; row++) {
            const first = row * asked;
            yield {
              ...inputsOf(x.subarray(row * V, (row + 1) * V), 1),
              asked: int32(Int32Array.from(all.asked!.data.subarray(first, first + asked)), [1, asked]),
            };
          }
        },
        columns: undefined,
      },
      cases: [
        {
          label: `${rows} × ${V}`,
          sizes: { rows, vocabularySize: V, asked, listed: Math.min(shortlistLength, V) },
          before: () => [],
          inputs: () => inputsOf(x, rows),
          flops: flopsEach * rows * V,
          bytes: 4 * rows * V + V,
        },
      ],
    };
  }
}
