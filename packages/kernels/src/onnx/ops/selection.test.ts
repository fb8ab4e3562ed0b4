// The largest of rows, short and long, and shortlists, on each backend and as lowered for devices.
import { input, int32, ops, shortlistInputs, shortlistProgram, trace } from '@maria/core';
import { expect, it } from 'vitest';
import { loweredProgram } from '../../ort/lowered-program.js';
import { createOrtExecutable } from '../../ort/ort-executable.js';
import { loadRuntime } from '../../ort/runtime.js';
import { expectAsReference, integers, normals } from '../lowered.test.support.js';

it.each([
  ['a short row', 7, 7],
  ['a row of one block', 2048, 32],
  ['blocks', 5000, 32],
  ['whole blocks, and many of them', 2112, 20],
  ['more of a row than there are blocks', 3000, 900],
])('the largest of %s', async (_, n, k) => {
  const x = input('x', ['rows', n]);
  const runs = [1, 3].map((rows) => ({ x: normals([rows, n], rows) }));
  await expectAsReference(ops.largest(x, k), runs);
});

it('finds the largest at the ends of blocks', async () => {
  const n = 4100;
  const at = [0, 63, 64, 4095, 4099];
  const x = normals([1, n], 5);
  for (const [i, id] of at.entries()) x.data[id] = 10 + i;
  const [outputs] = await expectAsReference(ops.largest(input('x', ['rows', n]), 32), [{ x }]);
  expect(Array.from(outputs!.result!.data).slice(0, at.length)).toEqual(at.toReversed());
});

it('picks numbers of each row', async () => {
  const y = ops.pick(input('x', ['rows', 50]), input('ids', ['rows', 'm'], 'int32'));
  await expectAsReference(y, [{ x: normals([3, 50], 1), ids: integers([3, 9], 50, 2) }]);
});

const [V, sizes] = [2500, { ar: 6, mlm: 4 }];
const program = shortlistProgram(V, sizes, ({ ar, mlm }) => {
  const table = (of: number, start: number) =>
    ops.sin(ops.multiply(ops.add(ops.reshape(ops.cast(ops.range(of * V), 'float32'), [V, of]), start), 0.37));
  return { ar: ops.linear(ar, table(6, 0.5)), mlm: ops.linear(mlm, table(4, 0.1)) };
});
const all = new Uint8Array(V).fill(1);
const some = all.map((_, id) => Number(id % 3 > 0));
const hidden = (of: number, seed: number) => normals([of], seed).data as Float32Array;
const row = (seed: number, allowed: Uint8Array) => ({
  ar: hidden(6, seed),
  mlm: hidden(4, seed + 1),
  allowed,
  ids: integers([5], V, seed).data as Int32Array,
  temperature: 0.5 + seed / 10,
});
const inputs = [
  shortlistInputs([row(1, all)], V, sizes),
  shortlistInputs(
    [
      row(2, some),
      { ...row(3, all), ar: undefined, mlmWeight: 2, ids: int32([7]).data as Int32Array },
      row(4, some),
    ],
    V,
    sizes,
  ),
];

it('shortlists rows', async () => {
  await expectAsReference(Object.fromEntries(program.outputs), inputs, { tolerance: 1e-5 });
});

it('shortlists rows that are computed in float16: the same ids, but for what rounding moves', async () => {
  const runtime = await loadRuntime();
  const half = { kind: 'webgpu', fusesAttention: true, dtype: 'float16' } as const;
  const weights = { names: () => [], get: () => undefined, read: () => new Float32Array() };
  const [exact, rounded] = await Promise.all(
    [undefined, half].map((kernels) =>
      createOrtExecutable(
        runtime,
        loweredProgram(trace(Object.fromEntries(program.outputs)), weights, kernels),
        {
          threads: 1,
        },
      ),
    ),
  );
  const [expected, actual] = [await exact!.run(inputs[1]!), await rounded!.run(inputs[1]!)];
  expect(actual.top!.data).not.toEqual(expected.top!.data);
  actual.top!.data.forEach((logit, i) => {
    expect(Math.abs(logit - expected.top!.data[i]!)).toBeLessThan(0.02);
  });
  // Sums that float16 could not hold.
  actual.sum!.data.forEach((sum, i) => {
    expect(Math.abs(sum / expected.sum!.data[i]! - 1)).toBeLessThan(0.02);
  });
  for (const each of [exact, rounded]) each!.dispose();
});
