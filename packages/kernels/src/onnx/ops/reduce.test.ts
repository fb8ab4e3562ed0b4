// Reductions, softmax, cross-entropy and norms.
import { constant, float32, input, ops, type Tensor } from '@maria/core';
import { describe, it } from 'vitest';
import { expectAsReference, integers, normals, randomInputs } from '../lowered.test.support.js';

const x = input('x', ['n', 3, 5]);

async function check(y: Tensor, tolerance?: number) {
  const runs = [randomInputs(y, { n: 4 }), randomInputs(y, { n: 1 })];
  await expectAsReference(y, runs, tolerance === undefined ? {} : { tolerance });
}

describe('reductions', () => {
  it.each(['sum', 'mean'] as const)('%s over one, some, all and no axes', async (name) => {
    await check(ops[name](x, { axes: [1] }));
    await check(ops[name](x, { axes: [0, -1], keepDims: true }));
    await check(ops[name](x));
    await check(ops[name](x, { axes: [] }));
  });
});

describe('softmax', () => {
  const logits = input('logits', ['n', 4]);
  const extreme = float32([1e4, -1e4, 9999, 0, -1e4, -1e4, -1e4, -9999], [2, 4]);

  it('softmax over any axis, and of logits of ±1e4', async () => {
    await check(ops.softmax(x));
    await check(ops.softmax(x, 1));
    await check(ops.softmax(x, 0));
    await expectAsReference(ops.softmax(logits), [{ logits: extreme }]);
  });

  it('crossEntropy', async () => {
    const targets = input('targets', ['n'], 'int32');
    const y = ops.crossEntropy(logits, targets);
    await expectAsReference(y, [
      { logits: extreme, targets: integers([2], 4, 1) },
      { logits: normals([7, 4], 2), targets: integers([7], 4, 3) },
    ]);
  });

  it.each([0, 1] as const)('crossEntropy and softmaxError of parts, classes on axis %i', async (axis) => {
    const shapes =
      axis === 0
        ? [
            [3, 'n'],
            [1, 'n'],
            [2, 'n'],
          ]
        : [
            ['n', 3],
            ['n', 1],
            ['n', 2],
          ];
    const parts = shapes.map((shape, i) => input(`part${i}`, shape));
    const targets = input('targets', ['n'], 'int32');
    const normalizer = input('normalizer', ['n']);
    const given = {
      ...Object.fromEntries(
        shapes.map((shape, i) => [
          `part${i}`,
          normals(
            shape.map((dim) => (dim === 'n' ? 7 : Number(dim))),
            i,
          ),
        ]),
      ),
      targets: integers([7], 6, 3),
      normalizer: normals([7], 5),
    };
    await expectAsReference(ops.crossEntropy(parts, targets, { axis }), [given]);
    for (const [i, firstClass] of [0, 3, 4].entries())
      await expectAsReference(ops.softmaxError(parts[i]!, normalizer, targets, { axis, firstClass }), [
        given,
      ]);
  });
});

describe('norms', () => {
  const scale = input('scale', [5]);
  const bias = input('bias', [5]);

  it('layerNorm with and without scale and bias', async () => {
    await check(ops.layerNorm(x, { epsilon: 1e-5 }));
    await check(ops.layerNorm(x, { scale, epsilon: 1e-5 }));
    await check(ops.layerNorm(x, { bias, epsilon: 1e-5 }));
    await check(ops.layerNorm(x, { scale, bias, epsilon: 0.1 }));
  });

  it('rmsNorm with and without scale', async () => {
    await check(ops.rmsNorm(x, undefined, 1e-5));
    await check(ops.rmsNorm(x, scale, 0.1));
  });

  it('norms of a vector, of an axis with a name, and of large values', async () => {
    const row = input('row', ['n']);
    await check(ops.layerNorm(row, { epsilon: 1e-5 }));
    await check(ops.rmsNorm(row, undefined, 1e-5));
    const large = ops.multiply(x, constant(float32([1e4])));
    await check(ops.layerNorm(large, { epsilon: 1e-5 }), 1e-5);
  });
});
