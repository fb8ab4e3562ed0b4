// Between two that were waiting the event loop goes round.
import { expect, it } from 'vitest';
import { ownTurn } from './own-turn.js';

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
