// Reverse mode: accumulation, second derivatives, errors, a whole small network; and that the check can fail.
import { describe, expect, test } from 'vitest';
import { evaluate, weightsInMemory } from '../tensor/evaluate.js';
import { input, weight } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import { float32, int32, type Value } from '../tensor/values.js';
import { attention } from './attention.js';
import { checkGradient } from './check-gradient.test.support.js';
import { crossEntropy } from './cross-entropy.js';
import { add, cast, multiply } from './elementwise.js';
import { embedding } from './embedding.js';
import { gradients } from './gradient.js';
import { linear } from './linear.js';
import { mean } from './reduce.js';
import { rmsNorm } from './rms-norm.js';
import { rotary } from './rotary.js';
import { broadcastTo, reshape } from './shape-ops.js';
import { sum } from './sum.js';

const x = input('x', [2]);

/** An op without a gradient. */
const double: Op = {
  name: 'double',
  infer: ([t]) => ({ shape: t!.shape, dtype: 'float32' }),
  evaluate: ([t], _attributes, { shape, floats }) => {
    const data = floats(t!.data.length);
    for (let i = 0; i < data.length; i++) data[i] = 2 * t!.data[i]!;
    return { dtype: 'float32', shape, data };
  },
};

describe('gradients', () => {
  const at = (tensors: readonly Tensor[]) => {
    const outputs = Object.fromEntries(tensors.map((tensor, i) => [`${i}`, tensor]));
    return tensors.map((_, i) => [...evaluate(trace(outputs), { x: float32([2, -3]) })[i]!.data]);
  };

  test('of a tensor that is used twice add up', () => {
    const square = multiply(x, x);
    const loss = sum(add(multiply(square, x), square));
    expect(at(gradients(loss, [x, square]))).toEqual([
      [16, 21],
      [3, -2],
    ]);
  });

  test('of gradients are second derivatives', () => {
    const [first] = gradients(sum(multiply(multiply(x, x), x)), [x]);
    expect(at(gradients(sum(first!), [x]))).toEqual([[12, -18]]);
  });

  test('by a weight', () => {
    const w = weight('w', [2]);
    const [gradient] = gradients(sum(multiply(multiply(x, w), w)), [w]);
    const weights = weightsInMemory({ w: { shape: [2], data: Float32Array.of(5, 7) } });
    const { result } = evaluate(trace({ result: gradient! }), { x: float32([2, -3]) }, weights);
    expect([...result!.data]).toEqual([20, -42]);
  });

  test('of the loss by itself is 1', () => {
    const loss = sum(x);
    expect(at(gradients(loss, [loss]))).toEqual([[1]]);
  });

  test('a chain of ten thousand ops does not overflow the stack', () => {
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = add(y, x);
    expect(at(gradients(sum(y), [x]))).toEqual([[10_001, 10_001]]);
  });

  test('what cannot be differentiated', () => {
    expect(() => gradients(x, [x])).toThrow('gradients need a float32 scalar loss, got float32 [2]');
    expect(() => gradients(sum(x), [x, input('y', [3])])).toThrow(
      'the loss does not depend on tensor 1 of those to differentiate by (input [3])',
    );
    expect(() => gradients(sum(cast(cast(x, 'int32'), 'float32')), [x])).toThrow(
      'the loss does not depend on',
    );
    expect(() => gradients(sum(apply(double, [x], {})), [x])).toThrow('the op "double" has no gradient');
    const wrong: Op = { ...double, name: 'wrong', gradient: (_node, upstream) => [sum(upstream)] };
    expect(() => gradients(sum(apply(wrong, [x], {})), [x])).toThrow(
      'the gradient of "wrong" for input 0 has shape [], expected [2]',
    );
  });
});

describe('checkGradient', () => {
  const wrongFactor: Op = { ...double, gradient: (_node, upstream) => [multiply(upstream, 2.0001)] };
  const mixedUp: Op = { ...double, gradient: (_node, upstream) => [broadcastTo(sum(upstream), [2])] };

  test('finds a wrong factor and a mixed-up element', () => {
    const build = (op: Op) => (t: Tensor) => apply(op, [t], {});
    expect(() => checkGradient(build(wrongFactor), [float32([2, -3])])).toThrow(
      /the gradient of input 0 at element 0 is 1\.20005\d*, finite differences give 1\.20000/,
    );
    expect(() => checkGradient(build(mixedUp), [float32([2, -3])])).toThrow('at element 0 is');
  });
});

test('a whole small network: embedding, norm, rotary, grouped causal attention, linear, cross-entropy', () => {
  const [time, d, vocabulary, heads, kvHeads] = [5, 8, 7, 4, 2];
  const headSize = d / heads;
  const parameter = (shape: readonly number[], seed: number): Value => {
    const length = shape.reduce((a, b) => a * b, 1);
    return float32(
      Array.from({ length }, (_, i) => 0.8 * Math.sin(12.9898 * (i + 1) + 78.233 * seed)),
      shape,
    );
  };
  const angles = Array.from({ length: time }, (_, t) => t * 0.9);
  const network = (...[ids, targets, cos, sin, table, scale, wq, wk, wv, wo, bias]: Tensor[]) => {
    const hidden = reshape(embedding(ids!, table!), [1, 'time', d]);
    const normed = rmsNorm(hidden, scale, 1e-5);
    const q = rotary(linear(normed, wq!), cos!, sin!, { heads });
    const k = rotary(linear(normed, wk!), cos!, sin!, { heads: kvHeads });
    const v = linear(normed, wv!);
    const mixed = add(hidden, linear(attention(q, k, v, { heads, kvHeads, causal: true }), wo!, bias));
    // The output embedding is tied to the input's.
    const logits = linear(reshape(rmsNorm(mixed, undefined, 1e-5), ['time', d]), table!);
    return mean(crossEntropy(logits, targets!));
  };
  const values = [
    int32([3, 1, 4, 1, 5]),
    int32([1, 4, 1, 5, 6]),
    float32(angles.map(Math.cos), [time, headSize / 2]),
    float32(angles.map(Math.sin), [time, headSize / 2]),
    parameter([vocabulary, d], 1),
    parameter([d], 2),
    parameter([d, d], 3),
    parameter([kvHeads * headSize, d], 4),
    parameter([kvHeads * headSize, d], 5),
    parameter([d, d], 6),
    parameter([d], 7),
  ];
  const shapes = [['time'], ['time'], ['time', headSize / 2], ['time', headSize / 2]];
  checkGradient(network, values, { wrt: [4, 5, 6, 7, 8, 9, 10], shapes, tolerance: 1e-7 });
});
