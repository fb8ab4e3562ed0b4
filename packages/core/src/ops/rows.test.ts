// embedding, scatterRows and range: values, ids out of range, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { bool, float32, int32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { add, cast, multiply } from './elementwise.js';
import { embedding, scatterRows } from './embedding.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { range } from './range.js';

const table = float32([1, 2, 3, 4, 5, 6], [3, 2]);

describe('embedding', () => {
  test('rows by id, ids of any rank', () => {
    expect(evaluateFunction(embedding, [int32([2, 0, 2]), table])).toEqual(
      float32([5, 6, 1, 2, 5, 6], [3, 2]),
    );
    expect(evaluateFunction(embedding, [int32([1, 0], [2, 1]), table]).shape).toEqual([2, 1, 2]);
    expect(evaluateFunction(embedding, [int32([1], []), table])).toEqual(float32([3, 4]));
  });

  test('ids outside the table', () => {
    expect(() => evaluateFunction(embedding, [int32([0, 3]), table])).toThrow(
      'embedding: id 3 at position 1 is outside a table of 3 rows',
    );
    expect(() => evaluateFunction(embedding, [int32([-1]), table])).toThrow('id -1 at position 0');
  });

  test('shapes and errors', () => {
    const ids = input('ids', ['batch', 'time'], 'int32');
    expect(embedding(ids, input('table', ['rows', 8])).shape).toEqual(['batch', 'time', 8]);
    expect(() => embedding(input('x', ['time']), input('table', [3, 2]))).toThrow(
      'embedding needs int32 ids and a float32 or bool table, got float32 and float32',
    );
    expect(() => embedding(ids, input('table', [3]))).toThrow('embedding needs a table [rows, d], got [3]');
  });

  test('picks rows of truth values', () => {
    const rows = bool([true, false, false, true], [2, 2]);
    expect(evaluateFunction(embedding, [int32([1, 0, 1]), rows])).toEqual(
      bool([false, true, true, false, false, true], [3, 2]),
    );
  });

  test('gradient adds up repeated ids, into computed and symbolic tables too', () => {
    const ids = int32([2, 0, 2, 2], [2, 2]);
    checkGradient(embedding, [ids, table]);
    checkGradient((i, t) => embedding(i, multiply(t, t)), [ids, table], { shapes: [undefined, ['rows', 2]] });
  });
});

describe('scatterRows', () => {
  test('adds rows at their indices', () => {
    const result = evaluateFunction((i, rows) => scatterRows(i, rows, 4), [int32([2, 0, 2]), table]);
    expect(result).toEqual(float32([3, 4, 0, 0, 6, 8, 0, 0], [4, 2]));
  });

  test('errors', () => {
    const indices = input('indices', ['n'], 'int32');
    expect(scatterRows(indices, input('rows', ['n', 2]), 'count').shape).toEqual(['count', 2]);
    expect(() => scatterRows(indices, input('rows', ['m', 2]), 3)).toThrow(
      'scatterRows needs indices [m...] and rows [m..., d], got [n] and [m, 2]',
    );
    expect(() => scatterRows(input('x', ['n']), input('rows', ['n', 2]), 3)).toThrow(
      'scatterRows needs int32 indices and float32 rows, got float32 and float32',
    );
    expect(() => evaluateFunction((i, r) => scatterRows(i, r, 2), [int32([0, 1, 2]), table])).toThrow(
      'scatterRows: index 2 at position 2 is outside 2 rows',
    );
  });

  test('gradient', () => {
    checkGradient((i, rows) => scatterRows(i, rows, 4), [int32([2, 0, 2]), table]);
  });
});

describe('range', () => {
  test('counts up to a number or to the length of an input', () => {
    expect(evaluateFunction(() => range(4), [])).toEqual(int32([0, 1, 2, 3]));
    expect(evaluateFunction(() => range(0), [])).toEqual(int32([]));
    const addPosition = (t: ReturnType<typeof input>) => add(t, cast(range('time'), 'float32'));
    const result = evaluateFunction(addPosition, [float32([10, 10, 10])], { shapes: [['time']] });
    expect(result).toEqual(float32([10, 11, 12]));
  });

  test('errors', () => {
    expect(range('time')).toMatchObject({ shape: ['time'], dtype: 'int32', attributes: { length: 'time' } });
    expect(() => range(-1)).toThrow('range needs a non-negative integer, got -1');
  });
});
