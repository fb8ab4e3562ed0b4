// softmax over a vocabulary: what turns the logits of gaps into probabilities.
import { float32, input, ops, trace, variable } from '@maria/core';
import { fillWith, normals, normalsPeriod } from '../random-normals.js';
import { type KernelBenchmark, noData } from './kernel-benchmark.js';
import type { KernelShape } from './kernel-shapes.js';

/** Gaps that are looked at together. */
const rowCounts = [1, 16, 64];
/** Maximum, difference, exponential, sum, quotient; an exponential is counted as one operation. */
const flopsEach = 5;
/** As widely spread as a language model's. */
const logits = (length: number, start: number) => normals(length, start).map((value) => 3 * value);

/** @param device where variables are used, which are not copied, if it is the CPU: others have none */
export function* softmaxBenchmarks(
  { name, vocabularySize }: KernelShape,
  device: string,
): Generator<KernelBenchmark> {
  const onCpu = device === 'cpu';
  for (const rows of rowCounts) {
    const shape = [rows, vocabularySize];
    const program = trace({ result: ops.softmax(onCpu ? variable('x', shape) : input('x', shape)) });
    let x = new Float32Array();
    const elements = rows * vocabularySize;
    yield {
      kernel: 'softmax',
      model: name,
      program,
      data: async () => {
        x = await fillWith(new Float32Array(elements), logits(normalsPeriod, 0));
        return { ...noData, variables: onCpu ? { x } : {} };
      },
      reference: {
        program: trace({ result: ops.softmax(input('x', ['rows', vocabularySize])) }),
        data: () => noData,
        *inputs() {
          for (let row = 0; row < rows; row++)
            yield { x: float32(logits(vocabularySize, row * vocabularySize), [1, vocabularySize]) };
        },
        columns: undefined,
      },
      cases: [
        {
          label: `${rows} × ${vocabularySize}`,
          sizes: { rows, vocabularySize },
          before: () => [],
          inputs: () => (onCpu ? {} : { x: float32(x, shape) }),
          flops: flopsEach * elements,
          bytes: 4 * 2 * elements,
        },
      ],
    };
  }
}
