// Ids that are in no table are refused on every backend, also those below 0, which kernels would read from its end.
import { input, int32, ops, trace, weight, weightsInMemory } from '@maria/core';
import { expect, it } from 'vitest';
import { openedBackends } from '../opened-backends.test.support.js';

it.each(openedBackends)('%s', async (_, backend) => {
  const program = trace({ y: ops.embedding(input('ids', ['n'], 'int32'), weight('table', [3, 2])) });
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const executable = await backend.compile(program, weightsInMemory({ table: { shape: [3, 2], data } }));
  for (const id of [-1, 3])
    await expect(executable.run({ ids: int32([1, id]) })).rejects.toThrow(
      `Cannot run the program: id ${id} of "ids" is outside of a table of 3 rows.`,
    );
  expect([...(await executable.run({ ids: int32([2, 0]) })).y!.data]).toEqual([5, 6, 1, 2]);
  executable.dispose();
});

it.each(openedBackends)('%s: of two tables each has to have the row', async (_, backend) => {
  const ids = input('ids', ['n'], 'int32');
  const rowsOf = (rows: number) => ops.embedding(ids, weight(`table.${rows}`, [rows, 1]));
  const tables = [2, 3].map((rows) => [`table.${rows}`, { shape: [rows, 1], data: new Float32Array(rows) }]);
  const program = trace({ y: ops.add(rowsOf(2), rowsOf(3)) });
  const executable = await backend.compile(program, weightsInMemory(Object.fromEntries(tables)));
  await expect(executable.run({ ids: int32([1, 2]) })).rejects.toThrow(
    'Cannot run the program: id 2 of "ids" is outside of a table of 2 rows.',
  );
  executable.dispose();
});
