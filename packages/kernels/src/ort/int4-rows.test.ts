// The probe of int4's rows: kernels that sum each row alike pass, and ones that do not are found out.
import {
  blocksInMemory,
  float32,
  type Inputs,
  input,
  ops,
  trace,
  weight,
  weightsInMemory,
} from '@maria/core';
import { expect, it } from 'vitest';
import { int4IsExact, int4Kernels, type OpenProgram } from './int4-rows.js';
import { createOrtExecutable } from './ort-executable.js';
import { loadRuntime } from './runtime.js';

/** Sums of rows, of which the last is a bit larger where `isOther` says so. */
function sums(isOther: (rows: number, columns: number) => boolean): OpenProgram {
  const sumRows = (data: Float32Array, rows: number, columns: number) => {
    const result = Float32Array.from({ length: rows }, (_, row) =>
      data.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b),
    );
    if (isOther(rows, columns)) result[rows - 1]! *= 1 + 2 ** -22;
    return float32(result, [rows, 1]);
  };
  const run = async (inputs: Inputs) =>
    Object.fromEntries(
      Object.entries(inputs).map(
        ([
          name,
          {
            data,
            shape: [rows, columns],
          },
        ]) => [name.replace('x', 'y'), sumRows(data as Float32Array, rows!, columns!)],
      ),
    );
  return async () => ({ run, dispose: () => {} });
}

it('finds rows exact that are summed alike', async () => {
  expect(await int4IsExact(sums(() => false))).toBe(true);
});

it.each<[string, (rows: number, columns: number) => boolean]>([
  ['a row by itself', (rows) => rows === 1],
  ['a row by itself, with one size of matrix', (rows, columns) => rows === 1 && columns === 96],
  ['the last of an odd number', (rows) => rows % 2 === 1],
  ['many rows', (rows) => rows > 32 && rows < 129],
  ['a row that is left of 129', (rows) => rows === 129],
])('finds out about %s', async (_, isOther) => {
  expect(await int4IsExact(sums(isOther))).toBe(false);
});

it('comes to an end on this machine, with any number of threads', async () => {
  const runtime = await loadRuntime();
  for (const threads of [1, 2])
    expect([true, false]).toContain(
      await int4IsExact((program) => createOrtExecutable(runtime, program, { threads })),
    );
});

it('is asked once for a place, and only by programs with matrices of int4', async () => {
  const program = trace({ y: ops.linear(input('x', ['rows', 32]), weight('w', [1, 32])) });
  const plain = weightsInMemory({ w: { shape: [1, 32], data: new Float32Array(32) } });
  const blocks = blocksInMemory(
    { name: 'w', shape: [1, 32], axis: 1 },
    new Uint8Array(16),
    new Float32Array(1),
  );
  const int4 = { ...plain, get: () => blocks };
  let opened = 0;
  const open: OpenProgram = (lowered) => {
    opened++;
    return sums(() => false)(lowered);
  };
  expect(int4Kernels(program, plain, 'here', open)).toBeUndefined();
  const exact = { kind: 'cpu', int4IsExact: true };
  const asked = [int4Kernels(program, int4, 'here', open), int4Kernels(program, int4, 'here', open)];
  expect(await Promise.all(asked)).toEqual([exact, exact]);
  expect(opened).toBe(1);
  await int4Kernels(program, int4, 'there', open);
  expect(opened).toBe(2);
});

it('is asked again where it failed', async () => {
  const program = trace({ y: ops.linear(input('x', ['rows', 32]), weight('w', [1, 32])) });
  const blocks = blocksInMemory(
    { name: 'w', shape: [1, 32], axis: 1 },
    new Uint8Array(16),
    new Float32Array(1),
  );
  const int4 = { ...weightsInMemory({}), get: () => blocks };
  const failing: OpenProgram = async () => Promise.reject(new Error('no memory'));
  await expect(int4Kernels(program, int4, 'elsewhere', failing)).rejects.toThrow('no memory');
  expect(
    await int4Kernels(
      program,
      int4,
      'elsewhere',
      sums((rows) => rows === 1),
    ),
  ).toMatchObject({ int4IsExact: false });
});
