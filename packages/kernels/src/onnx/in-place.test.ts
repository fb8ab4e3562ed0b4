// Which updates may be written where their variable is read.
import { input, ops, type Tensor, trace, type Update, variable } from '@maria/core';
import { expect, it } from 'vitest';
import { updatedInPlace } from './in-place.js';

const { add, matmul, matmulAdd, multiply, reshape, slice, sqrt, sum, transpose } = ops;
const w = variable('w', [2, 2]);
const g = variable('g', [2, 2]);
const x = input('x', [2, 2]);
const rate = input('rate', []);

const inPlace = (updates: readonly Update[], outputs: Record<string, Tensor> = {}) => [
  ...updatedInPlace(trace(outputs, updates)),
];

it('takes elementwise updates, and products added to the variable', () => {
  expect(inPlace([[w, add(multiply(w, rate), x)]])).toEqual(['w']);
  expect(inPlace([[w, ops.subtract(multiply(w, 0.9), multiply(x, rate))]])).toEqual(['w']);
  expect(inPlace([[w, matmulAdd(x, x, w)]])).toEqual(['w']);
  expect(inPlace([[w, matmulAdd(x, x, reshape(reshape(w, [4]), [2, 2]))]])).toEqual(['w']);
});

it('takes none that its own op reads on a device', () => {
  const onDevice = (...updates: readonly Update[]) => [...updatedInPlace(trace({}, updates), true)];
  const gradient = matmul(x, matmul(w, x));
  expect(onDevice([w, add(multiply(w, rate), x)])).toEqual(['w']);
  expect(onDevice([g, gradient], [w, ops.subtract(multiply(w, rate), gradient)])).toEqual(['g', 'w']);
  for (const update of [add(w, gradient), add(multiply(w, 0.9), x), matmulAdd(x, x, reshape(w, [2, 2]))])
    expect(onDevice([w, update])).toEqual([]);
});

it('takes an update that depends on every other reader', () => {
  const gradient = matmul(x, matmul(w, x));
  expect(inPlace([[w, add(w, gradient)]])).toEqual(['w']);
  const moment = add(multiply(g, 0.9), gradient);
  expect(
    inPlace([
      [g, moment],
      [w, add(w, multiply(moment, rate))],
    ]),
  ).toEqual(['g', 'w']);
});

it('refuses an update that may run before a reader', () => {
  expect(inPlace([[w, add(w, x)]], { norm: sum(multiply(w, w)) })).toEqual([]);
  expect(inPlace([[w, x]], { norm: sum(sqrt(w)) })).toEqual([]);
  expect(inPlace([[w, multiply(x, rate)]], { norm: sum(reshape(w, [4])) })).toEqual([]);
  expect(
    inPlace([
      [w, add(w, g)],
      [g, multiply(g, rate)],
    ]),
  ).toEqual(['w']);
});

it('refuses an update that reads an element after it wrote another', () => {
  expect(inPlace([[w, matmul(w, x)]])).toEqual([]);
  expect(inPlace([[w, matmulAdd(w, x, w)]])).toEqual([]);
  expect(inPlace([[w, add(w, transpose(w, [1, 0]))]])).toEqual([]);
  expect(inPlace([[w, add(slice(w, { axis: 0, start: 1 }), x)]])).toEqual([]);
});

it('refuses what is copied as it is: leaves, other variables, outputs', () => {
  expect(inPlace([[w, x]])).toEqual([]);
  expect(
    inPlace([
      [w, g],
      [g, w],
    ]),
  ).toEqual([]);
  expect(inPlace([[w, add(w, x)]], { before: w })).toEqual([]);
});
