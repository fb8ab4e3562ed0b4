// Elementwise ops and activations, with broadcasting and with numbers at the edge.
import { bool, constant, float32, input, int32, ops } from '@maria/core';
import { describe, it } from 'vitest';
import { expectAsReference, normals, randomInputs } from '../lowered.test.support.js';

const a = input('a', ['n', 3]);
const b = input('b', [3]);
const edges = float32([Number.NaN, -1, 0, 1, Infinity, 100, -100, 1e-4, -0.3]);
const x = input('x', ['n']);

describe('elementwise lowerings', () => {
  it.each(['add', 'subtract', 'multiply', 'divide', 'maximum'] as const)('%s broadcasts', async (name) => {
    const y = ops[name](a, b);
    await expectAsReference(y, [randomInputs(y, { n: 4 }), randomInputs(y, { n: 1 })]);
  });

  it('maximum keeps NaN', async () => {
    await expectAsReference(ops.maximum(x, 0), [{ x: edges }]);
  });

  it.each([
    'negate',
    'exp',
    'log',
    'sqrt',
    'tanh',
    'erf',
    'sigmoid',
    'sin',
    'cos',
    'reciprocal',
    'relu',
    'gelu',
    'silu',
  ] as const)('%s', async (name) => {
    await expectAsReference(ops[name](x), [{ x: edges }, { x: normals([257], 7) }]);
  });

  it('gelu in its tanh approximation', async () => {
    await expectAsReference(ops.gelu(x, { approximate: 'tanh' }), [{ x: edges }, { x: normals([257], 7) }]);
  });

  it('clip', async () => {
    await expectAsReference(ops.clip(x, { min: -0.5, max: 8 }), [{ x: edges }, { x: normals([257], 7) }]);
  });

  it('comparisons of floats and of integers', async () => {
    const i = input('i', ['n'], 'int32');
    await expectAsReference(
      {
        le: ops.lessOrEqual(x, 0),
        eq: ops.equal(x, x),
        leInt: ops.lessOrEqual(i, 2),
        eqInt: ops.equal(i, 2),
      },
      [{ x: edges, i: int32([1, 2, 3, 2, 0, -1, 2, 7, 9]) }],
    );
  });

  it('where on every dtype', async () => {
    const condition = input('condition', ['n', 1], 'bool');
    const [p, q] = [input('p', [2], 'int32'), input('q', ['n', 2], 'int32')];
    const [s, t] = [input('s', [2], 'bool'), input('t', ['n', 2], 'bool')];
    await expectAsReference(
      {
        floats: ops.where(condition, a, b),
        ints: ops.where(condition, p, q),
        bools: ops.where(condition, s, t),
      },
      [
        {
          condition: bool([true, false], [2, 1]),
          a: normals([2, 3], 1),
          b: normals([3], 2),
          p: int32([1, 2]),
          q: int32([3, 4, 5, 6], [2, 2]),
          s: bool([true, false]),
          t: bool([false, true, true, false], [2, 2]),
        },
      ],
    );
  });

  it('cast between all dtypes', async () => {
    const i = input('i', ['n'], 'int32');
    const flags = input('flags', ['n'], 'bool');
    await expectAsReference(
      {
        floatToInt: ops.cast(x, 'int32'),
        floatToBool: ops.cast(x, 'bool'),
        intToFloat: ops.cast(i, 'float32'),
        intToBool: ops.cast(i, 'bool'),
        boolToFloat: ops.cast(flags, 'float32'),
        boolToInt: ops.cast(flags, 'int32'),
      },
      [{ x: float32([1.9, -1.9, 0]), i: int32([5, 0, -7]), flags: bool([true, false, true]) }],
    );
  });

  it('constants of every dtype, used twice', async () => {
    const c = constant(float32([1, 2, 3]));
    await expectAsReference(
      {
        floats: ops.add(ops.multiply(a, c), c),
        ints: constant(int32([4, -5], [2, 1])),
        bools: constant(bool([true, false])),
      },
      [{ a: normals([2, 3], 3) }],
    );
  });
});
