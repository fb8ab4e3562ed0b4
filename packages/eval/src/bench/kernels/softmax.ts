// softmax over a vocabulary: what turns the logits of gaps into probabilities.
import { float32, input, ops, trace } from '@maria/core';
import { normals } from '../random-normals.js';
import { type KernelBenchmark, wholeReference } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Maximum, difference, exponential, sum, quotient; an exponential is counted as one operation. */
const flopsEach = 5;
/** As widely spread as a language model's. */
const logits = (length: number) => normals(length).map((value) => 3 * value);

export function* softmaxBenchmarks({ name, vocabularySize }: KernelShape): Generator<KernelBenchmark> {
  const program = trace({ result: ops.softmax(input('x', ['rows', vocabularySize])) });
  yield {
    kernel: 'softmax',
    model: name,
    program,
    tensors: [],
    reference: wholeReference(program),
    cases: [1, 16, 64].map((rows) => ({
      label: `${rows} × ${vocabularySize}`,
      sizes: { rows, vocabularySize },
      before: () => [],
      inputs: () => ({ x: float32(logits(rows * vocabularySize), [rows, vocabularySize]) }),
      flops: flopsEach * rows * vocabularySize,
      bytes: 4 * 2 * rows * vocabularySize,
    })),
  };
}
