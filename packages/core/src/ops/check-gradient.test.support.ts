// Checks gradient programs against central finite differences in double precision.
import { compileReference, evaluate, weightsInMemory } from '../tensor/evaluate.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { numberOfElements, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';
import { multiply } from './binary.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { gradients } from './gradient.js';
import { sum } from './sum.js';

export interface CheckGradientOptions {
  /** Shapes of the inputs where they are to be symbolic. @default the shapes of the values */
  shapes?: readonly (Shape | undefined)[];
  /** Which inputs to differentiate by. @default all that are float32 */
  wrt?: readonly number[];
  /** Greatest |analytic - numeric| / max(1, |analytic|, |numeric|). @default 1e-6 */
  tolerance?: number;
}

const step = 1e-5;

/** Fixed numbers in 0.5 .. 1.5 that differ from element to element, so that no element's error can hide. */
function probeValues(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 + ((i * 0.618034 + 0.1) % 1));
}

/**
 * Compares the gradient of sum(build(...inputs) * probe) with finite differences at `values`, element by element.
 * @throws Error with the input, the element and both numbers at the first difference
 */
export function checkGradient(
  build: (...inputs: Tensor[]) => Tensor,
  values: readonly Value[],
  options: CheckGradientOptions = {},
): void {
  const { shapes = [], tolerance = 1e-6 } = options;
  const names = values.map((_, i) => `x${i}`);
  const inputs = values.map(({ shape, dtype }, i) => input(names[i]!, shapes[i] ?? shape, dtype));
  const wrt = options.wrt ?? values.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
  const given: Record<string, Value> = Object.fromEntries(
    values.map((value, i) => [
      names[i]!,
      value.dtype === 'float32' ? { ...value, data: Float64Array.from(value.data) } : value,
    ]),
  );
  const precision = { precision: 'float64' } as const;
  const noWeights = weightsInMemory({});

  const result = build(...inputs);
  const { shape } = evaluateFunction(build, values, { shapes, ...precision });
  const probe = input('probe', result.shape);
  given.probe = { dtype: 'float32', shape, data: probeValues(numberOfElements(shape)) };
  const loss = sum(multiply(result, probe));
  const lossProgram = compileReference(trace({ loss }), noWeights, precision);
  const lossNow = () => lossProgram.runSync(given).loss!.data[0]!;

  const gradientTensors = gradients(
    loss,
    wrt.map((i) => inputs[i]!),
  );
  // The inputs are outputs too: a gradient that does not read one may still need the lengths that it binds.
  const gradientProgram = trace({
    ...Object.fromEntries(inputs.map((tensor, i) => [`value of ${names[i]!}`, tensor])),
    ...Object.fromEntries(gradientTensors.map((tensor, i) => [names[wrt[i]!]!, tensor])),
  });
  const analytic = evaluate(gradientProgram, given, noWeights, precision);
  for (const i of wrt) {
    const { data } = given[names[i]!]!;
    for (let element = 0; element < data.length; element++) {
      const x = data[element]!;
      const h = step * Math.max(1, Math.abs(x));
      data[element] = x + h;
      const above = lossNow();
      data[element] = x - h;
      const below = lossNow();
      data[element] = x;
      const numeric = (above - below) / (2 * h);
      const computed = analytic[names[i]!]!.data[element]!;
      const error = Math.abs(computed - numeric) / Math.max(1, Math.abs(computed), Math.abs(numeric));
      // Written so that NaN fails too.
      if (!(error <= tolerance))
        throw new Error(
          `the gradient of input ${i} at element ${element} is ${computed}, finite differences give ${numeric}`,
        );
    }
  }
}
