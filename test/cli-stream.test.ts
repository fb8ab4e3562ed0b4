// Many records through one process: in order, and with flat memory.
import { expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

async function run(count: number): Promise<{ records: Record<string, unknown>[]; peakMiB: number }> {
  const records = Array.from({ length: count }, (_, id) => ({
    id,
    text: `Day ${id}: once upon a time there was a little girl who had a big red [MASK] and played with it in the park.`,
  }));
  const { status, stdout, stderr } = await maria(['infill', '--jsonl', '--stats', '--batch', '16'], {
    input: records.map((record) => JSON.stringify(record)).join('\n'),
    // Else more piles up where the collector's threads have to wait for a core.
    nodeArgs: ['--single-threaded-gc'],
  });
  expect(status).toBe(0);
  return { records: recordsIn(stdout), peakMiB: Number(/^peak memory: (\d+) MiB$/m.exec(stderr)?.[1]) };
}

test('many records come out in order and take no more memory than few', async () => {
  // Enough to have the lanes and the texts that wait for them busy for a while: with 64 lanes, 300 are not.
  const few = await run(300);
  const many = await run(1200);
  expect(many.records.map(({ id }) => id)).toEqual(Array.from({ length: 1200 }, (_, id) => id));
  expect(many.records.slice(0, 300)).toEqual(few.records);
  // What the garbage collector lets pile up varies by tens of MiB; 91 KiB kept of each further record would be 80.
  expect(many.peakMiB).toBeLessThan(few.peakMiB + 80);
});
