// YaRN: frequencies and the factor of cosines, against numbers of transformers' _compute_yarn_parameters.
import { expect, it } from 'vitest';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { trace } from '../tensor/program.js';
import { inverseFrequencies, positionsOf, readRope, rotaryTables } from './rope.js';

const read = (rope_parameters: object) =>
  readRope({ rope_parameters: { rope_type: 'yarn', ...rope_parameters } }, { headSize: 16, maxLength: 256 });

const plain = { factor: 4, original_max_position_embeddings: 64 };
const fine = {
  ...{ factor: 8, original_max_position_embeddings: 512, beta_fast: 16, beta_slow: 2, truncate: false },
  ...{ mscale: 1, mscale_all_dim: 0.5 },
};

it.each([
  [plain, [1, 0.2371708, 0.05, 0.007905695, 0.0025, 0.0007905695, 0.00025, 7.905695e-5], 1.138629436],
  [fine, [1, 0.3162278, 0.07160846, 0.007324998, 0.00125, 0.0003952847, 0.000125, 3.952847e-5], 1.094179988],
  [{ ...plain, attention_factor: 0.7 }, undefined, 0.7],
  // Without a factor it is how much longer texts are than they were.
  [{ ...plain, factor: null }, undefined, 1.138629436],
])('%j', (parameters, frequencies, factor) => {
  const rope = read(parameters);
  const found = [...inverseFrequencies(rope)];
  frequencies?.forEach((frequency, i) => {
    expect(found[i]! / frequency).toBeCloseTo(1, 5);
  });
  const run = compileReference(trace(rotaryTables(rope, positionsOf(2))), weightsInMemory({}));
  const { cos, sin } = run.runSync({});
  expect(cos!.data[0]).toBeCloseTo(factor, 6);
  expect(cos!.data[8]).toBeCloseTo(factor * Math.cos(found[0]!), 6);
  expect(sin!.data[9]).toBeCloseTo(factor * Math.sin(found[1]!), 6);
});
