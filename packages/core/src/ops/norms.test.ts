// layerNorm and rmsNorm: values, scale and bias, extremes, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { layerNorm } from './layer-norm.js';
import { rmsNorm } from './rms-norm.js';

const nan = Number.NaN;
const close = (...expected: number[]) => expected.map((v) => expect.closeTo(v, 5));
const sample = float32([0.3, -1.1, 2.7, -0.05, 0.9, 1.9, 0.2, -2.2], [2, 4]);
const scale = float32([1, 2, -1, 0.5]);
const bias = float32([0, 0.1, -0.3, 4]);

describe('layerNorm', () => {
  // Row 1, 3: mean 2, variance 1; row 0, 8: mean 4, variance 16.
  const x = float32([1, 3, 0, 8], [2, 2]);

  test('values, with every choice of scale and bias', () => {
    const scaleAndBias = [float32([2, 3]), float32([10, 20])];
    const run = (hasScale: boolean, hasBias: boolean) =>
      evaluateFunction(
        (t, s, b) =>
          layerNorm(t, { scale: hasScale ? s : undefined, bias: hasBias ? b : undefined, epsilon: 0 }),
        [x, ...scaleAndBias],
      );
    expect(run(false, false)).toEqual(float32([-1, 1, -1, 1], [2, 2]));
    expect(run(true, false)).toEqual(float32([-2, 3, -2, 3], [2, 2]));
    expect(run(false, true)).toEqual(float32([9, 21, 9, 21], [2, 2]));
    expect(run(true, true)).toEqual(float32([8, 23, 8, 23], [2, 2]));
  });

  test('epsilon is added to the variance; equal elements give 0', () => {
    const result = evaluateFunction((t) => layerNorm(t, { epsilon: 3 }), [x]);
    expect([...result.data]).toEqual(close(-0.5, 0.5, -4 / Math.sqrt(19), 4 / Math.sqrt(19)));
    const equal = evaluateFunction((t) => layerNorm(t, { epsilon: 1e-5 }), [float32([7, 7])]);
    expect([...equal.data]).toEqual([0, 0]);
  });

  test('±1e4, and a small spread around 1e4; NaN reaches its row only', () => {
    const extreme = float32([1e4, -1e4, 9999, 10001, nan, 0], [3, 2]);
    const { data } = evaluateFunction((t) => layerNorm(t, { epsilon: 0 }), [extreme]);
    expect([...data]).toEqual([1, -1, -1, 1, nan, nan]);
  });

  test('attributes and errors', () => {
    const t = input('x', ['time', 4]);
    const s = input('s', [4]);
    expect(layerNorm(t, { bias: s, epsilon: 1e-5 })).toMatchObject({
      shape: ['time', 4],
      attributes: { epsilon: 1e-5, hasScale: false, hasBias: true },
    });
    expect(() => layerNorm(t, { scale: input('s', [3]), epsilon: 1e-5 })).toThrow(
      'layerNorm needs scale and bias [4], got [3]',
    );
    expect(() => layerNorm(input('x', []), { epsilon: 1e-5 })).toThrow(
      'layerNorm needs x [..., d], got a scalar',
    );
    expect(() => layerNorm(input('x', [4], 'int32'), { epsilon: 1e-5 })).toThrow(
      'layerNorm needs float32, got int32',
    );
  });

  test('gradient', () => {
    checkGradient((t, s, b) => layerNorm(t, { scale: s, bias: b, epsilon: 1e-2 }), [sample, scale, bias]);
    checkGradient((t) => layerNorm(t, { epsilon: 1e-5 }), [sample], { shapes: [['time', 4]] });
    checkGradient((t, b) => layerNorm(t, { bias: b, epsilon: 1e-5 }), [sample, bias]);
  });
});

describe('rmsNorm', () => {
  // Row 3, 4: mean square 12.5; row 6, 8: mean square 50.
  const x = float32([3, 4, 6, 8], [2, 2]);
  const r = Math.sqrt(12.5);

  test('values, with and without scale', () => {
    const result = evaluateFunction((t) => rmsNorm(t, undefined, 0), [x]);
    expect([...result.data]).toEqual(close(3 / r, 4 / r, 3 / r, 4 / r));
    const scaled = evaluateFunction((t, s) => rmsNorm(t, s, 0), [x, float32([r, 2 * r])]);
    expect([...scaled.data]).toEqual(close(3, 8, 3, 8));
  });

  test('epsilon is added to the mean square; zeros give 0', () => {
    expect([...evaluateFunction((t) => rmsNorm(t, undefined, 12.5), [float32([3, 4])]).data]).toEqual(
      close(0.6, 0.8),
    );
    expect([...evaluateFunction((t) => rmsNorm(t, undefined, 1e-6), [float32([0, 0])]).data]).toEqual([0, 0]);
  });

  test('±1e4; NaN reaches its row only', () => {
    const { data } = evaluateFunction(
      (t) => rmsNorm(t, undefined, 1e-6),
      [float32([1e4, -1e4, nan, 0], [2, 2])],
    );
    expect([...data]).toEqual([1, -1, nan, nan]);
  });

  test('attributes and errors', () => {
    const t = input('x', ['time', 4]);
    expect(rmsNorm(t, undefined, 1e-6).attributes).toEqual({ epsilon: 1e-6, hasScale: false });
    expect(() => rmsNorm(t, input('s', [3]), 1e-6)).toThrow('rmsNorm needs a scale [4], got [3]');
    expect(() => rmsNorm(input('x', [], 'float32'), undefined, 1e-6)).toThrow('got a scalar');
    expect(() => rmsNorm(t, input('s', [4], 'int32'), 1e-6)).toThrow(
      'rmsNorm needs float32, got float32 and int32',
    );
  });

  test('gradient', () => {
    checkGradient((t, s) => rmsNorm(t, s, 1e-2), [sample, scale]);
    checkGradient((t) => rmsNorm(t, undefined, 1e-6), [sample], { shapes: [['time', 4]] });
  });
});
