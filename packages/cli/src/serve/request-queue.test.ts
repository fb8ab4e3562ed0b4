// Who is served, who waits, and who is sent away.
import { expect, test } from 'vitest';
import { RequestQueue } from './request-queue.js';

const forever = new AbortController().signal;

test('the first ones are served, the next wait in order, and one too many is told to come again', async () => {
  const queue = new RequestQueue({ atOnce: 1, mostWaiting: 2 });
  const order: string[] = [];
  const leave = await queue.enter(forever);
  const enter = async (name: string) => {
    const done = await queue.enter(forever);
    order.push(name);
    return done;
  };
  const second = enter('second');
  const third = enter('third');
  await expect(queue.enter(forever)).rejects.toMatchObject({ status: 503, code: 'busy', retryAfter: 1 });
  expect([queue.running, queue.waiting]).toEqual([1, 2]);
  leave();
  (await second)();
  (await third)();
  expect(order).toEqual(['second', 'third']);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('who goes away while it waits takes no place', async () => {
  const queue = new RequestQueue({ atOnce: 1, mostWaiting: 1 });
  const leave = await queue.enter(forever);
  const gone = new AbortController();
  const waiting = queue.enter(gone.signal);
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await expect(queue.enter(gone.signal)).rejects.toThrow('gone');
  leave();
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
  (await queue.enter(forever))();
});
