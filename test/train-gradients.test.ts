// Gradients of whole models by all of their weights: the backend against the reference in double precision, and that against
// finite differences.
import { openCheckpoint } from '@maria/checkpoints';
import {
  type Architecture,
  compileReference,
  gradients,
  input,
  int32,
  ops,
  readArchitecture,
  type Tensor,
  trace,
  type WeightSource,
  Weights,
  weightsInMemory,
} from '@maria/core';
import { autoBackends, chooseBackend } from '@maria/kernels';
import { describe, expect, it } from 'vitest';
import { goldenFolder } from './golden-files.js';

const ids = int32([17, 300, 5, 17, 42, 599, 88], [1, 7]);
const targets = int32([300, 5, 17, 42, 599, 88, 3]);

/** The weights of a golden model in memory, so that single elements can be moved. */
function openModel(name: string) {
  const checkpoint = openCheckpoint(`${goldenFolder}models/${name}`);
  const architecture = readArchitecture(checkpoint.config, name);
  const tensors = Object.fromEntries(
    [...checkpoint.weights.names()].map((tensor) => [
      tensor,
      { shape: checkpoint.weights.get(tensor)!.shape, data: checkpoint.weights.read(tensor) },
    ]),
  );
  return { architecture, tensors, source: weightsInMemory(tensors) };
}

/** Mean cross-entropy of what the model says of `targets`. */
function lossOf(architecture: Architecture, source: WeightSource): Tensor {
  const { hiddenSize, vocabularySize } = architecture.sizes;
  const weights = new Weights(source, architecture.tensorNames);
  const hidden = architecture.forward(weights, input('ids', [1, 7], 'int32'));
  const { weight, bias } = architecture.outputEmbedding;
  const logits = ops.linear(
    ops.reshape(hidden, [7, hiddenSize]),
    weights.get(weight, [vocabularySize, hiddenSize]),
    bias === undefined ? undefined : weights.get(bias, [vocabularySize]),
  );
  return ops.mean(ops.crossEntropy(logits, input('targets', [7], 'int32')));
}

describe.each(['olmo', 'modernbert'])('%s', (name) => {
  const { architecture, tensors, source } = openModel(name);
  const loss = lossOf(architecture, source);
  const used = trace({ loss }).weights;
  const program = trace({
    loss,
    ...Object.fromEntries(gradients(loss, used).map((gradient, i) => [used[i]!.attributes.name, gradient])),
  });
  const reference = compileReference(program, source, { precision: 'float64' }).runSync({ ids, targets });
  const scaleOf = (data: ArrayLike<number>) => Math.max(...Array.from(data, Math.abs));

  it('has a gradient for every weight that its loss depends on', () => {
    expect(used.length).toBeGreaterThan(10);
    for (const { attributes } of used)
      expect(scaleOf(reference[attributes.name]!.data), attributes.name).toBeGreaterThan(0);
  });

  it.each(autoBackends)('is the same on %s', async (choice) => {
    const backend = await chooseBackend({ backend: choice });
    const executable = await backend.compile(program, source);
    const actual = await executable.run({ ids, targets });
    for (const [tensor, { data }] of Object.entries(reference)) {
      const scale = Math.max(1e-2, scaleOf(data));
      const worst = Math.max(...Array.from(data, (x, i) => Math.abs(x - actual[tensor]!.data[i]!)));
      expect(worst / scale, tensor).toBeLessThan(2e-5);
    }
    executable.dispose();
  });

  it('agrees with finite differences', () => {
    // The reference converts the weights when it is compiled: each move compiles anew.
    const lossNow = () =>
      compileReference(trace({ loss }), source, { precision: 'float64' }).runSync({ ids, targets }).loss!
        .data[0]!;
    for (const { attributes } of used) {
      const gradient = Array.from(reference[attributes.name]!.data);
      // The element with the steepest slope.
      const index = gradient.reduce((best, x, i) => (Math.abs(x) > Math.abs(gradient[best]!) ? i : best), 0);
      const { data } = tensors[attributes.name]!;
      const before = data[index]!;
      // Steps that float32 holds exactly, for that is what weights are stored in.
      const h = 2 ** -10;
      const [above, below] = [Math.fround(before + h), Math.fround(before - h)];
      data[index] = above;
      const higher = lossNow();
      data[index] = below;
      const lower = lossNow();
      data[index] = before;
      const slope = (higher - lower) / (above - below);
      expect(Math.abs(slope - gradient[index]!), attributes.name).toBeLessThan(
        2e-3 * Math.max(0.05, Math.abs(slope)),
      );
    }
  });
});
