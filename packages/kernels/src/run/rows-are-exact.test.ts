// The probe of rows: exact kernels pass, and ones whose bits depend on neighbours, chunks or lanes do not.
import { type Backend, compileReference, type Inputs, referenceBackend } from '@maria/core';
import { expect, it } from 'vitest';
import { backendNames } from '../backends.js';
import { chooseBackend } from '../choose-backend.js';
import { rowsAreExact } from './rows-are-exact.js';

/** The reference, with the last number of some results a bit larger. @param name of its own, as results are kept by it */
function spoiled(name: string, where: (inputs: Inputs, rows: number) => boolean): Backend {
  return {
    name,
    device: 'cpu',
    compile: async (program, weights) => {
      const executable = compileReference(program, weights);
      return {
        ...executable,
        run: async (inputs) => {
          const outputs = executable.runSync(inputs);
          const { data, shape } = outputs.y!;
          if (where(inputs, shape.at(-2) as number)) data[data.length - 1]! *= 1 + 2 ** -22;
          return outputs;
        },
      };
    },
  };
}

it.each([{}, { headSize: 20 }, { int4: true }, { limited: true }, { storage: 'float16' }] as const)(
  'finds the plain evaluation exact: %o',
  async (probe) => {
    expect(await rowsAreExact(referenceBackend(), probe)).toBe(true);
  },
);

it.each<[string, (inputs: Inputs, rows: number) => boolean]>([
  ['a product of one row', ({ x }, rows) => x !== undefined && rows === 1],
  ['a product of many rows', ({ x }, rows) => x !== undefined && rows > 32],
  ['a chunk of one token', ({ q }, rows) => q !== undefined && rows === 1],
  ['a row that is left of many', ({ q }, rows) => q !== undefined && rows === 129],
  ['a chunk behind many tokens', ({ pastLengths }) => (pastLengths?.data[0] ?? 0) > 40],
  ['lanes side by side', ({ lanes }) => lanes?.data.length === 2],
])('finds out about %s', async (name, where) => {
  expect(await rowsAreExact(spoiled(name, where))).toBe(false);
});

it('computes once for a kind of backend', async () => {
  let compiled = 0;
  const counting: Backend = {
    name: 'counting',
    device: 'cpu',
    compile: (...given) => {
      compiled++;
      return referenceBackend().compile(...given);
    },
  };
  await Promise.all([rowsAreExact(counting), rowsAreExact({ ...counting })]);
  expect(compiled).toBe(2);
  await rowsAreExact(counting, { threads: 3 });
  expect(compiled).toBe(4);
});

it.each(backendNames.filter((name) => name.startsWith('ort')))('comes to an end on %s', async (backend) => {
  const opened = await chooseBackend({ backend, threads: 2 });
  expect([true, false]).toContain(await rowsAreExact(opened, { threads: 2, int4: true }));
});
