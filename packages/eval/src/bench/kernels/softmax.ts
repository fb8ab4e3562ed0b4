// softmax over a vocabulary: what turns the logits of gaps into probabilities.
import { ops, trace, variable } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, noData, wholeReference } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Gaps that are looked at together. */
const rowCounts = [1, 16, 64];
/** Maximum, difference, exponential, sum, quotient; an exponential is counted as one operation. */
const flopsEach = 5;
/** As widely spread as a language model's. */
const logits = (length: number) => normals(length).map((value) => 3 * value);

export function* softmaxBenchmarks({ name, vocabularySize }: KernelShape): Generator<KernelBenchmark> {
  for (const rows of rowCounts) {
    const program = trace({ result: ops.softmax(variable('x', [rows, vocabularySize])) });
    const elements = rows * vocabularySize;
    yield {
      kernel: 'softmax',
      model: name,
      program,
      data: async () => ({ ...noData, variables: { x: logits(elements) } }),
      reference: wholeReference(program),
      cases: [
        {
          label: `${rows} × ${vocabularySize}`,
          sizes: { rows, vocabularySize },
          before: () => [],
          inputs: () => ({}),
          flops: flopsEach * elements,
          bytes: 4 * 2 * elements,
        },
      ],
    };
  }
}
