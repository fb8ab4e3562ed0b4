// Ops that move elements, with lengths that are known only at run time.
import { input, ops, type Tensor, trace, weightsInMemory } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { lower } from '../lower.js';
import { expectAsReference, randomInputs } from '../lowered.test.support.js';

const x = input('x', ['batch', 'time', 6]);

async function check(y: Tensor) {
  await expectAsReference(y, [
    randomInputs(y, { batch: 2, time: 5 }),
    randomInputs(y, { batch: 3, time: 1 }),
  ]);
}

describe('shape lowerings', () => {
  it.each([
    ['two names kept', ops.reshape(x, ['batch', 'time', 2, 3])],
    ['a product of names', ops.reshape(x, ['batch*time', 6])],
    ['a name in a product with a number', ops.reshape(x, ['batch', '6*time'])],
    ['names in another order', ops.reshape(x, [3, 'time', 2, 'batch'])],
    ['everything in one axis', ops.reshape(x, ['6*batch*time'])],
  ])('reshape: %s', async (_, y) => {
    await check(y);
  });

  it('reshape of numbers, to a scalar, and of no elements', async () => {
    const one = input('one', [1, 1]);
    const none = input('none', ['n', 0]);
    const y = { scalar: ops.reshape(one, []), empty: ops.reshape(none, [0, 'n', 4]) };
    await expectAsReference(y, [{ ...randomInputs(one), ...randomInputs(none, { n: 2 }) }]);
  });

  it('transpose', () => check(ops.transpose(x, [1, 2, 0])));

  it('slice of a fixed and of a symbolic axis', async () => {
    await check(ops.slice(x, { axis: -1, start: 1, end: -2 }));
    await check(ops.slice(x, { axis: 1, start: 0, end: 1 }));
  });

  it('pad', () => check(ops.pad(x, { axis: 2, before: 2, after: 1 })));

  it('concat along a fixed and a symbolic axis', async () => {
    await check(ops.concat([x, ops.slice(x, { axis: 2, end: 2 })], 2));
    await check(ops.concat([x, x], 1, '2*time'));
  });

  it('broadcastTo names that the tensor lacks and names that it has', async () => {
    const row = input('row', ['time', 1]);
    const y = ops.broadcastTo(row, ['batch', 'time', 6]);
    await check(ops.add(y, x));
    await check(ops.broadcastTo(input('flags', [1, 'time'], 'bool'), ['time', 'time']));
  });

  it('range of a number, a name and a product', async () => {
    const y = {
      number: ops.range(4),
      name: ops.range('time'),
      product: ops.range('batch*time'),
      other: ops.negate(x),
    };
    await expectAsReference(y, [
      { ...randomInputs(x, { batch: 2, time: 3 }) },
      { ...randomInputs(x, { batch: 1, time: 1 }) },
    ]);
  });

  it('says which dimension has no length', () => {
    expect(() => lower(trace({ y: ops.range('elsewhere') }), weightsInMemory({}))).toThrow(
      'no input of the program has the dimension "elsewhere"',
    );
  });
});
