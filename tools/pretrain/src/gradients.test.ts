// One training step of a whole tiny model: its loss and gradients on ONNX Runtime against the reference in double
// precision, and the reference's gradients against finite differences.
import {
  type Backend,
  compileReference,
  gradients,
  type Inputs,
  ops,
  trace,
  weightsInMemory,
} from '@maria/core';
import { autoBackends, chooseBackend } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { pretrainingLosses } from './loss.js';
import { architectureOf, batchOf, families } from './tiny-models.test.support.js';
import { initializeParameters, TrainableWeights } from './trainable-weights.js';

const noWeights = weightsInMemory({});

describe.each(families)('a step of %s', (family) => {
  const architecture = architectureOf(family);
  // Ten times as large as they start in earnest, so that attention and activations are not all but linear.
  const values = initializeParameters(architecture, 3);
  for (const value of values.values())
    if (value.some((x) => x !== 0 && x !== 1)) value.set(value.map((x) => 10 * x));
  const weights = new TrainableWeights(values);
  const loss = ops.mean(pretrainingLosses(architecture, weights));
  const memory = Object.assign({}, ...weights.blocks.map((block) => block.memory));
  const inputs: Inputs = batchOf(family, 1, { windows: 2, length: 12 });
  const slopes = gradients(
    loss,
    weights.blocks.map(({ parameter }) => parameter),
  );
  const program = trace({
    loss,
    ...Object.fromEntries(weights.trained.map(({ name }, i) => [name, slopes[i]!])),
  });
  const exact = compileReference(program, noWeights, { precision: 'float64' }, memory).runSync(inputs);

  it('reaches every parameter', () => {
    expect(weights.trained.map(({ name }) => name).sort()).toEqual([...values.keys()].sort());
    for (const { name } of weights.trained)
      expect(
        exact[name]!.data.some((x) => x !== 0),
        name,
      ).toBe(true);
  });

  it('has the gradients that finite differences show', () => {
    const lossProgram = compileReference(trace({ loss }), noWeights, { precision: 'float64' }, memory);
    const lossNow = () => lossProgram.runSync(inputs).loss!.data[0]!;
    for (const { name, value } of weights.trained) {
      const largest = Array.from(exact[name]!.data).reduce(
        (best, x, i, all) => (Math.abs(x) > Math.abs(all[best]!) ? i : best),
        0,
      );
      for (const at of [largest, value.length >> 1]) {
        const x = value[at]!;
        // Both ends are exact in float32, in which variables are held.
        const [above, below] = [Math.fround(x + 2 ** -9), Math.fround(x - 2 ** -9)];
        value[at] = above;
        const lossAbove = lossNow();
        value[at] = below;
        const slope = (lossAbove - lossNow()) / (above - below);
        value[at] = x;
        expect(Math.abs(exact[name]!.data[at]! - slope), `${name}[${at}]`).toBeLessThan(
          1e-4 + 1e-3 * Math.abs(slope),
        );
      }
    }
  });

  it.each(autoBackends)('is the same on %s', async (name) => {
    const backend: Backend = await chooseBackend({ backend: name, threads: 1 });
    const executable = await backend.compile(program, noWeights, memory);
    const outputs = await executable.run(inputs);
    expect(Math.abs(outputs.loss!.data[0]! - exact.loss!.data[0]!)).toBeLessThan(1e-5);
    for (const { name } of weights.trained)
      exact[name]!.data.forEach((expected, i) => {
        const difference = Math.abs(outputs[name]!.data[i]! - expected);
        if (!(difference < 1e-6 + 1e-5 * Math.abs(expected)))
          expect.fail(`${name}[${i}] differs by ${difference}`);
      });
    executable.dispose();
  });
});
