// Runs a function over ops once, on concrete values, with the reference evaluation: the oracle in tests of ops.
import { type EvaluateOptions, evaluate, weightsInMemory } from '../tensor/evaluate.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/values.js';

export interface EvaluateFunctionOptions extends EvaluateOptions {
  /** Shapes of the inputs where they are to be symbolic. @default the shapes of the values */
  shapes?: readonly (Shape | undefined)[];
}

/** The value of `build(...inputs)` where each input holds one of `values`. */
export function evaluateFunction(
  build: (...inputs: Tensor[]) => Tensor,
  values: readonly Value[],
  { shapes = [], ...options }: EvaluateFunctionOptions = {},
): Value {
  const inputs = values.map(({ shape, dtype }, i) => input(`x${i}`, shapes[i] ?? shape, dtype));
  const given = Object.fromEntries(values.map((value, i) => [`x${i}`, value]));
  return evaluate(trace({ result: build(...inputs) }), given, weightsInMemory({}), options).result!;
}
