// rotary: values, partial rotation, that scores depend on distance only, errors, gradient.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { float32, type Value } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { rotary } from './rotary.js';

/** Tables [time, half] of cos and sin of position * frequency. */
function tables(time: number, frequencies: readonly number[]): [cos: Value, sin: Value] {
  const angles = Array.from({ length: time }, (_, t) => frequencies.map((f) => t * f)).flat();
  const shape = [time, frequencies.length];
  return [float32(angles.map(Math.cos), shape), float32(angles.map(Math.sin), shape)];
}

const close = (...expected: number[]) => expected.map((v) => expect.closeTo(v, 6));

describe('values', () => {
  test('pairs (i, i + half) of each head turn by the angle of their position', () => {
    // Two heads of 4; at position 1 the first pair turns by 90 degrees and the second by 180.
    const x = float32([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 8]);
    const [cos, sin] = tables(2, [Math.PI / 2, Math.PI]);
    const result = evaluateFunction((t, c, s) => rotary(t, c, s, { heads: 2 }), [x, cos, sin]);
    expect([...result.data]).toEqual(close(1, 2, 3, 4, 5, 6, 7, 8, -3, -2, 1, -4, -7, -6, 5, -8));
  });

  test('elements after rotarySize pass unchanged, in every head and batch item', () => {
    const x = float32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 1, 6]);
    const turn = [float32([0], [1, 1]), float32([1], [1, 1])];
    const result = evaluateFunction((t, c, s) => rotary(t, c, s, { heads: 2 }), [x, ...turn]);
    expect([...result.data]).toEqual([-2, 1, 3, -5, 4, 6, -8, 7, 9, -11, 10, 12]);
  });

  test('the product of two rotated vectors depends on their distance only', () => {
    const vector = [0.3, -1.2, 0.7, 2.1];
    const x = float32(Array.from({ length: 6 }, () => vector).flat(), [1, 6, 4]);
    const { data } = evaluateFunction(
      (t, c, s) => rotary(t, c, s, { heads: 1 }),
      [x, ...tables(6, [1, 0.1])],
    );
    const product = (a: number, b: number) =>
      vector.reduce((total, _, i) => total + data[a * 4 + i]! * data[b * 4 + i]!, 0);
    expect(product(0, 2)).toBeCloseTo(product(3, 5), 5);
    expect(product(0, 2)).not.toBeCloseTo(product(0, 3), 2);
  });

  test('±1e4 keeps its length; NaN reaches its pair only', () => {
    const x = float32([1e4, Number.NaN, -1e4, 1], [1, 1, 4]);
    const half = float32([Math.SQRT1_2, 1], [1, 2]);
    const result = evaluateFunction((t, c, s) => rotary(t, c, s, { heads: 1 }), [x, half, half]);
    expect([...result.data]).toEqual([
      expect.closeTo(14142.135, 2),
      Number.NaN,
      expect.closeTo(0, 2),
      Number.NaN,
    ]);
  });
});

describe('shapes and errors', () => {
  const x = input('x', ['batch', 'time', 24]);
  const cos = input('cos', ['time', 2]);

  test('sizes are in the attributes', () => {
    expect(rotary(x, cos, cos, { heads: 3 })).toMatchObject({
      shape: ['batch', 'time', 24],
      attributes: { heads: 3, headSize: 8, rotarySize: 4 },
    });
  });

  test('what does not fit', () => {
    expect(() => rotary(x, cos, cos, { heads: 5 })).toThrow(
      'rotary needs a width that 5 heads divide, got [batch, time, 24]',
    );
    expect(() => rotary(x, cos, cos, { heads: 12 })).toThrow(
      'rotary needs rotarySize <= headSize, got 4 and 2',
    );
    expect(() => rotary(x, cos, input('sin', ['time', 3]), { heads: 3 })).toThrow(
      'rotary needs sin [time, 2], got [time, 3]',
    );
    expect(() => rotary(x, input('cos', [7, 2]), cos, { heads: 3 })).toThrow(
      'rotary needs cos [time, 2], got [7, 2]',
    );
    expect(() => rotary(input('x', ['time', 24]), cos, cos, { heads: 3 })).toThrow(
      'rotary needs x [batch, time, heads*headSize], got [time, 24]',
    );
    expect(() => rotary(input('x', [1, 'time', 24], 'int32'), cos, cos, { heads: 3 })).toThrow(
      'rotary needs float32, got int32 and float32 and float32',
    );
  });
});

test('gradient is the inverse rotation', () => {
  const x = float32([0.3, -1.1, 2.7, -0.05, 0.9, 1.9, 0.2, -2.2, 0.1, 0.5, -0.6, 1.4], [1, 2, 6]);
  const rotate = (t: ReturnType<typeof input>, c: typeof t, s: typeof t) => rotary(t, c, s, { heads: 2 });
  checkGradient(rotate, [x, ...tables(2, [0.7])], { wrt: [0] });
  checkGradient(rotate, [x, ...tables(2, [0.7])], {
    wrt: [0],
    shapes: [
      [1, 'time', 6],
      ['time', 1],
      ['time', 1],
    ],
  });
});
