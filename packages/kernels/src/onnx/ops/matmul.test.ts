// Products of matrices, the linear layer, and rows by index.
import { input, ops, type Tensor } from '@maria/core';
import { describe, it } from 'vitest';
import { expectAsReference, integers, normals, randomInputs } from '../lowered.test.support.js';

async function check(y: Tensor) {
  await expectAsReference(y, [randomInputs(y, { n: 4, batch: 3 }), randomInputs(y, { n: 1, batch: 1 })], {
    tolerance: 1e-5,
  });
}

describe('matmul', () => {
  const shapes = {
    a: { false: ['n', 7], true: [7, 'n'] },
    b: { false: [7, 5], true: [5, 7] },
  } as const;

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('transposeA %s, transposeB %s, with and without batch axes', async (transposeA, transposeB) => {
    const last = { a: shapes.a[`${transposeA}`], b: shapes.b[`${transposeB}`] };
    await check(ops.matmul(input('a', last.a), input('b', last.b), { transposeA, transposeB }));
    await check(
      ops.matmul(input('a', ['batch', 1, ...last.a]), input('b', [2, ...last.b]), { transposeA, transposeB }),
    );
  });
});

describe('linear', () => {
  it.each([
    ['a vector', [6]],
    ['a matrix', ['n', 6]],
    ['one sequence', [1, 'n', 6]],
    ['a batch of sequences', ['batch', 'n', 6]],
  ] as const)('of %s, with and without bias', async (_, shape) => {
    const x = input('x', shape);
    const w = input('w', [4, 6]);
    await check(ops.linear(x, w));
    await check(ops.linear(x, w, input('b', [4])));
  });
});

describe('rows by index', () => {
  it('embedding of a computed table', async () => {
    const ids = input('ids', ['batch', 'n'], 'int32');
    await check(ops.embedding(ids, ops.negate(input('table', [2, 3]))));
  });

  it('scatterRows adds where an index repeats, also from many rows', async () => {
    const indices = input('indices', ['n'], 'int32');
    const rows = input('rows', ['n', 3]);
    const y = ops.scatterRows(indices, rows, 5);
    const many = 20_000;
    await expectAsReference(
      y,
      [
        { indices: integers([4], 2, 1), rows: normals([4, 3], 2) },
        { indices: integers([many], 5, 1), rows: normals([many, 3], 2) },
      ],
      { tolerance: 1e-4 },
    );
  });

  it('scatterRows of more axes into a symbolic number of rows', async () => {
    const indices = input('indices', ['batch', 2], 'int32');
    const rows = input('rows', ['batch', 2, 3]);
    const like = input('like', ['n']);
    const y = { scattered: ops.scatterRows(indices, rows, 'n'), other: ops.negate(like) };
    await expectAsReference(y, [
      { indices: integers([3, 2], 4, 1), rows: normals([3, 2, 3], 2), like: normals([4], 3) },
    ]);
  });
});
