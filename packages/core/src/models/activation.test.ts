// Activations: each against its formula in doubles, and mish far from zero.
import { describe, expect, it } from 'vitest';
import { evaluate } from '../tensor/evaluate.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { float32 } from '../tensor/values.js';
import { activate, activationSchema } from './activation.js';
import { gelu, geluTanh, silu } from './plain-math.test.support.js';

const expected: Record<string, (x: number) => number> = {
  gelu,
  gelu_python: gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  gelu_accurate: geluTanh,
  gelu_fast: geluTanh,
  gelu_10: (x) => Math.min(gelu(Math.min(x, 6)) + Math.max(x - 6, 0), 10),
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  relu: (x) => Math.max(x, 0),
  relu2: (x) => (x > 0 ? x * x : 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  leaky_relu: (x) => (x > 0 ? x : x / 100),
  silu,
  swish: silu,
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  hardswish: (x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  linear: (x) => x,
};
const values = [-5, -3.5, -1.2, -0.3, 0, 0.4, 1.1, 2.9, 5.5];

describe('activations', () => {
  it.each(activationSchema.options)('%s', (name) => {
    const xs = name === 'gelu_10' ? [...values, 11] : values;
    const { y } = evaluate(trace({ y: activate(name, input('x', [xs.length])) }), { x: float32(xs) });
    xs.forEach((x, i) => {
      expect(y!.data[i]).toBeCloseTo(expected[name]!(x), 5);
    });
  });

  it('mish stays finite far from zero', () => {
    const { y } = evaluate(trace({ y: activate('mish', input('x', [2])) }), { x: float32([-1e4, 1e4]) });
    expect([...y!.data]).toEqual([expect.closeTo(0), 1e4]);
  });
});
