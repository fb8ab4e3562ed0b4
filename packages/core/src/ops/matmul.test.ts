// matmul: values, transposed storage, broadcast batches, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import type { Tensor } from '../tensor/tensor.js';
import { float32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { matmul } from './matmul.js';

const multiplyMatrices = (a: Tensor, b: Tensor) => matmul(a, b);

const a = float32([1, 2, 3, 4, 5, 6], [2, 3]);
const b = float32([1, 0, 2, -1, 0, 3], [3, 2]);
const product = [5, 7, 14, 13];
const aTransposed = float32([1, 4, 2, 5, 3, 6], [3, 2]);
const bTransposed = float32([1, 2, 0, 0, -1, 3], [2, 3]);

test('values, with either operand stored transposed', () => {
  expect(evaluateFunction(multiplyMatrices, [a, b])).toEqual(float32(product, [2, 2]));
  for (const transposeA of [false, true])
    for (const transposeB of [false, true])
      expect(
        evaluateFunction(
          (x, y) => matmul(x, y, { transposeA, transposeB }),
          [transposeA ? aTransposed : a, transposeB ? bTransposed : b],
        ),
      ).toEqual(float32(product, [2, 2]));
});

test('leading axes broadcast', () => {
  const pair = float32([1, 0, 0, 1, 2, 0, 0, 2], [2, 1, 2, 2]);
  const triple = float32([1, 2, 3, 4, 5, 6], [3, 2, 1]);
  const result = evaluateFunction(multiplyMatrices, [pair, triple]);
  expect(result).toEqual(float32([1, 2, 3, 4, 5, 6, 2, 4, 6, 8, 10, 12], [2, 3, 2, 1]));
});

test('large numbers do not overflow; NaN reaches its row only; no inner elements give 0', () => {
  const x = float32([1e4, 1e4, Number.NaN, 0], [2, 2]);
  expect([...evaluateFunction(multiplyMatrices, [x, float32([1e4, -1e4], [2, 1])]).data]).toEqual([
    0,
    Number.NaN,
  ]);
  expect(evaluateFunction(multiplyMatrices, [float32([], [2, 0]), float32([], [0, 1])])).toEqual(
    float32([0, 0], [2, 1]),
  );
});

describe('shapes and dtypes', () => {
  test('names', () => {
    const q = input('q', ['batch', 4, 'time', 8]);
    const k = input('k', ['batch', 1, 'keys', 8]);
    expect(matmul(q, k, { transposeB: true })).toMatchObject({
      shape: ['batch', 4, 'time', 'keys'],
      attributes: { transposeA: false, transposeB: true },
    });
  });

  test('what does not fit', () => {
    const x = input('x', [2, 3]);
    expect(() => matmul(x, x)).toThrow('matmul needs a [..., m, k] and b [..., k, n], got [2, 3] and [2, 3]');
    expect(() => matmul(x, input('y', [3]))).toThrow('got [2, 3] and [3]');
    expect(() => matmul(x, input('y', [4, 3]), { transposeA: true, transposeB: true })).toThrow(
      'matmul needs a [..., k, m] and b [..., n, k], got [2, 3] and [4, 3]',
    );
    expect(() => matmul(input('x', [2, 4, 3]), input('y', [5, 3, 4]))).toThrow(
      'matmul: shapes [2] and [5] do not broadcast: 2 and 5 differ',
    );
    expect(() => matmul(x, input('y', [3, 2], 'int32'))).toThrow(
      'matmul needs float32, got float32 and int32',
    );
  });
});

describe('gradient', () => {
  test.each([
    [false, false, a, b],
    [true, false, aTransposed, b],
    [false, true, a, bTransposed],
    [true, true, aTransposed, bTransposed],
  ] as const)('transposeA %s, transposeB %s', (transposeA, transposeB, x, y) => {
    checkGradient((s, t) => matmul(s, t, { transposeA, transposeB }), [x, y]);
  });

  test('sums over broadcast batches', () => {
    const batch = float32([1, 2, 0.5, -1, 3, 0.1, 0.2, -0.3], [2, 2, 2]);
    checkGradient(multiplyMatrices, [batch, float32([0.3, -1.2], [2, 1])]);
    checkGradient(multiplyMatrices, [batch, float32([0.3, -1.2], [1, 2, 1])], {
      shapes: [
        ['batch', 'time', 2],
        [1, 2, 1],
      ],
    });
  });
});
