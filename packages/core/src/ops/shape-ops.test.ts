// reshape, transpose, broadcastTo, slice, split, pad, concat: values, names, errors, gradients.
import { describe, expect, test } from 'vitest';
import { input } from '../tensor/leaves.js';
import { bool, float32, int32 } from '../tensor/values.js';
import { checkGradient } from './check-gradient.test.support.js';
import { multiply } from './elementwise.js';
import { evaluateFunction } from './evaluate-function.test.support.js';
import { broadcastTo, concat, pad, reshape, slice, split, transpose } from './shape-ops.js';

const x = float32([1, 2, 3, 4, 5, 6], [2, 3]);

describe('reshape', () => {
  test('keeps the elements in order, whatever their dtype', () => {
    expect(evaluateFunction((t) => reshape(t, [3, 1, 2]), [x])).toEqual(
      float32([1, 2, 3, 4, 5, 6], [3, 1, 2]),
    );
    expect(evaluateFunction((t) => reshape(t, []), [int32([7])])).toEqual(int32([7], []));
  });

  test('products of names are compared when traced, others when run', () => {
    const t = input('x', ['batch', 'time', 8]);
    expect(reshape(t, ['batch*time', 2, 4]).shape).toEqual(['batch*time', 2, 4]);
    expect(reshape(t, ['time*8*batch']).shape).toEqual(['8*batch*time']);
    expect(() => reshape(t, ['batch', 'time', 9])).toThrow(
      'reshape keeps the number of elements: [batch, time, 8] has 8*batch*time, [batch, time, 9] has 9*batch*time',
    );
    expect(() => reshape(input('x', [2, 3]), [4])).toThrow('[2, 3] has 6, [4] has 4');
    expect(() => reshape(input('x', [6]), [-1, 2])).toThrow(
      'reshape needs non-negative integers or names, got [-1, 2]',
    );
    const toRows = { shapes: [['n'], ['rows', 2]] };
    const values = [float32([1, 2, 3, 4]), float32([0, 0, 0, 0], [2, 2])];
    const asRows = (a: typeof t, b: typeof t) => multiply(reshape(a, ['rows', 2]), b);
    expect(evaluateFunction(asRows, values, toRows).shape).toEqual([2, 2]);
    expect(() => evaluateFunction(asRows, [float32([1, 2, 3]), values[1]!], toRows)).toThrow(
      'reshape keeps the number of elements: [3] does not fill [2, 2]',
    );
  });

  test('gradient', () => {
    checkGradient((t) => reshape(t, [3, 2]), [x]);
    checkGradient((t) => reshape(t, ['time*3']), [x], { shapes: [['time', 3]] });
  });
});

describe('transpose', () => {
  test('reorders axes', () => {
    expect(evaluateFunction((t) => transpose(t, [1, 0]), [x])).toEqual(float32([1, 4, 2, 5, 3, 6], [3, 2]));
    const cube = int32([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [2, 3, 2]);
    expect(evaluateFunction((t) => transpose(t, [2, 0, 1]), [cube])).toEqual(
      int32([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11], [2, 2, 3]),
    );
    expect(transpose(input('x', ['batch', 'time', 8]), [2, 0, 1]).shape).toEqual([8, 'batch', 'time']);
  });

  test('errors', () => {
    expect(() => transpose(input('x', [2, 3]), [1, 1])).toThrow(
      'transpose needs a permutation of the 2 axes of [2, 3], got [1, 1]',
    );
    expect(() => transpose(input('x', [2, 3]), [0])).toThrow('got [0]');
  });

  test('gradient', () => {
    checkGradient((t) => transpose(t, [2, 0, 1]), [float32([1, 2, 3, 4, 5, 6], [1, 2, 3])]);
  });
});

describe('broadcastTo', () => {
  test('repeats axes of length 1 and adds leading ones', () => {
    expect(evaluateFunction((t) => broadcastTo(t, [2, 2, 3]), [float32([1, 2], [2, 1])])).toEqual(
      float32([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2], [2, 2, 3]),
    );
    expect(evaluateFunction((t) => broadcastTo(t, [2]), [bool([true], [])])).toEqual(bool([true, true]));
  });

  test('errors', () => {
    const t = input('x', ['time', 3]);
    expect(broadcastTo(t, ['batch', 'time', 3]).shape).toEqual(['batch', 'time', 3]);
    expect(() => broadcastTo(t, ['keys', 3])).toThrow(
      'broadcastTo needs a shape that [time, 3] broadcasts to, got [keys, 3]',
    );
    expect(() => broadcastTo(t, [3])).toThrow('got [3]');
  });

  test('gradient', () => {
    checkGradient((t) => broadcastTo(t, [2, 2, 3]), [float32([1, 2], [2, 1])]);
  });
});

describe('slice and split', () => {
  test('bounds from the start and from the end', () => {
    expect(evaluateFunction((t) => slice(t, { axis: 1, start: 1 }), [x])).toEqual(
      float32([2, 3, 5, 6], [2, 2]),
    );
    expect(evaluateFunction((t) => slice(t, { axis: -1, start: -3, end: -1 }), [x])).toEqual(
      float32([1, 2, 4, 5], [2, 2]),
    );
    expect(evaluateFunction((t) => slice(t, { axis: 0, end: 0 }), [x]).shape).toEqual([0, 3]);
    expect(slice(input('x', [2, 3]), { axis: -1, start: -2 }).attributes).toEqual({
      axis: 1,
      start: 1,
      end: 3,
    });
  });

  test('a symbolic axis takes non-negative numbers, checked at run time', () => {
    const t = input('ids', ['time'], 'int32');
    expect(slice(t, { axis: 0, start: 1, end: 3 })).toMatchObject({ shape: [2], dtype: 'int32' });
    expect(() => slice(t, { axis: 0, start: 1 })).toThrow(
      'slice needs non-negative numbers as bounds on the symbolic axis "time" of [time], got 1 and undefined',
    );
    expect(() => slice(t, { axis: 0, start: 0, end: -1 })).toThrow('got 0 and -1');
    const firstTwo = (s: typeof t) => slice(s, { axis: 0, end: 2 });
    expect(evaluateFunction(firstTwo, [int32([7, 8, 9])], { shapes: [['time']] })).toEqual(int32([7, 8]));
    expect(() => evaluateFunction(firstTwo, [int32([7])], { shapes: [['time']] })).toThrow(
      'slice up to 2 is outside axis 0 of [1]',
    );
  });

  test('errors', () => {
    const t = input('x', [2, 3]);
    expect(() => slice(t, { axis: 1, start: 2, end: 5 })).toThrow(
      'slice needs 0 <= start <= end <= 3 on axis 1 of [2, 3], got 2 and 5',
    );
    expect(() => slice(t, { axis: 1, start: 2, end: 1 })).toThrow('got 2 and 1');
    expect(() => slice(t, { axis: 2 })).toThrow('axis 2 is outside a tensor of rank 2');
    expect(() => split(t, [1, 1])).toThrow('split needs sizes that add up to 3, got [1, 1] with the sum 2');
    expect(() => split(input('x', ['time']), [1])).toThrow('split needs axis -1 of [time] as a number');
  });

  test('split gives consecutive parts', () => {
    const parts = split(input('x', ['time', 6]), [1, 3, 2]);
    expect(parts.map(({ shape }) => shape)).toEqual([
      ['time', 1],
      ['time', 3],
      ['time', 2],
    ]);
    expect(evaluateFunction((t) => split(t, [1, 1], 0)[1]!, [x])).toEqual(float32([4, 5, 6], [1, 3]));
  });

  test('gradient', () => {
    checkGradient((t) => slice(t, { axis: 1, start: 1, end: 2 }), [x]);
    checkGradient((t) => slice(t, { axis: 0, start: 1, end: 2 }), [x], { shapes: [['time', 3]] });
    checkGradient((t) => slice(t, { axis: 1, start: 1, end: 3 }), [x], { shapes: [['batch', 'time']] });
    checkGradient((t) => multiply(...(split(t, [1, 1], 0) as [typeof t, typeof t])), [x]);
  });
});

describe('pad', () => {
  test('adds zeros along one axis', () => {
    expect(evaluateFunction((t) => pad(t, { axis: 1, before: 1, after: 0 }), [x])).toEqual(
      float32([0, 1, 2, 3, 0, 4, 5, 6], [2, 4]),
    );
    expect(evaluateFunction((t) => pad(t, { axis: 0, before: 0, after: 1 }), [x])).toEqual(
      float32([1, 2, 3, 4, 5, 6, 0, 0, 0], [3, 3]),
    );
  });

  test('errors', () => {
    const t = input('x', ['time', 3]);
    expect(() => pad(t, { axis: 1, before: -1, after: 0 })).toThrow(
      'pad needs non-negative integers, got before -1 and after 0',
    );
    expect(() => pad(t, { axis: 0, before: 1, after: 0 })).toThrow(
      'pad needs axis 0 of [time, 3] as a number, got time',
    );
    expect(() => pad(input('ids', [3], 'int32'), { axis: 0, before: 1, after: 0 })).toThrow(
      'pad needs float32, got int32',
    );
  });

  test('gradient', () => {
    checkGradient((t) => pad(t, { axis: 1, before: 1, after: 2 }), [x]);
  });
});

describe('concat', () => {
  test('joins along any axis, in order', () => {
    const y = float32([7, 8], [2, 1]);
    expect(evaluateFunction((s, t) => concat([s, t], 1), [x, y])).toEqual(
      float32([1, 2, 3, 7, 4, 5, 6, 8], [2, 4]),
    );
    expect(evaluateFunction((s, t) => concat([s, t, s], -1), [int32([1]), int32([2, 3])])).toEqual(
      int32([1, 2, 3, 1]),
    );
  });

  test('a symbolic axis needs a name for the result, whose value is checked', () => {
    const prefix = input('prefix', [1, 3]);
    const rest = input('rest', ['time', 3]);
    expect(concat([prefix, rest], 0, 'total').shape).toEqual(['total', 3]);
    expect(() => concat([prefix, rest], 0)).toThrow(
      'concat along a symbolic axis needs the length of the result, got [1, 3] and [time, 3]',
    );
    const join = (a: typeof prefix, b: typeof prefix, c: typeof prefix) =>
      multiply(concat([a, b], 0, 'total'), c);
    const shapes = [[1], ['time'], ['total']] as const;
    const ones = (n: number) => float32(new Array<number>(n).fill(1));
    expect(evaluateFunction(join, [ones(1), ones(2), ones(3)], { shapes }).shape).toEqual([3]);
    expect(() => evaluateFunction(join, [ones(1), ones(2), ones(4)], { shapes })).toThrow(
      'concat of lengths 1 and 2 was declared to have length 4',
    );
  });

  test('errors', () => {
    expect(() => concat([], 0)).toThrow('concat needs at least one tensor, got none');
    expect(() => concat([input('a', [2, 3]), input('b', [3, 2])], 0)).toThrow(
      'concat needs shapes that differ only on axis 0, got [2, 3] and [3, 2]',
    );
    expect(() => concat([input('a', [2]), input('b', [2], 'int32')], 0)).toThrow(
      'concat needs one dtype, got float32 and int32',
    );
    expect(() => concat([input('a', [2]), input('b', [2])], 0, 5)).toThrow('has length 4, not 5');
  });

  test('gradient', () => {
    checkGradient((s, t) => concat([s, t, s], 1), [x, float32([7, 8], [2, 1])]);
  });
});
