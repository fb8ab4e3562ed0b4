// Between two that were waiting, and within work that stops, the event loop goes round.
import { expect, it } from 'vitest';
import { atOnce, ownTurn, takeTurns } from './own-turn.js';

it('lets timers and immediates run before each of those that wait', async () => {
  const order: string[] = [];
  const others = (name: string) => {
    setImmediate(() => order.push(name));
  };
  await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      await ownTurn();
      order.push(name);
      others(`after ${name}`);
    }),
  );
  await ownTurn();
  expect(order).toEqual(['a', 'after a', 'b', 'after b', 'c', 'after c']);
});

it('does work that stops now and then with turns in between, or at once', async () => {
  const order: string[] = [];
  function* work(): Generator<void, string> {
    for (const part of ['a', 'b']) {
      order.push(part);
      setImmediate(() => order.push(`after ${part}`));
      yield;
    }
    return 'done';
  }
  expect(await takeTurns(work())).toBe('done');
  expect(order.splice(0)).toEqual(['a', 'after a', 'b', 'after b']);
  expect(atOnce(work())).toBe('done');
  expect(order).toEqual(['a', 'b']);
  await expect(
    takeTurns(
      (function* () {
        yield;
        throw new Error('broken');
      })(),
    ),
  ).rejects.toThrow('broken');
});
