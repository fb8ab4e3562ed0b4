// Work that waits for a place.
import { expect, test } from 'vitest';
import { Places } from './places.js';

test('no more run at once than there are places, in order, and a failed one gives its place back', async () => {
  const places = new Places(2);
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const held = ['a', 'b', 'c', 'd'].map((name) =>
    places.hold(async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (name === 'a') throw new Error(name);
    }),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(log).toEqual(['a', 'b']);
  ends[0]!();
  await expect(held[0]).rejects.toThrow('a');
  await turn();
  expect(log).toEqual(['a', 'b', 'c']);
  ends[1]!();
  ends[2]!();
  await turn();
  ends[3]!();
  await Promise.all(held.slice(1));
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  expect(await places.hold(async () => 'free again')).toBe('free again');
});
