// What is told of the held-out loss of a run.
import type { MetricsRecord } from '@maria/training';
import { expect, test } from 'vitest';
import { HeldOutLoss } from './held-out.js';

const record = (step: number, evalLoss?: number): MetricsRecord => ({
  step,
  loss: 3,
  learningRate: 1e-3,
  tokensPerSecond: 5,
  maskedTokens: 7,
  ...(evalLoss !== undefined && { evalLoss }),
});

test('a rise from the best is told once, and which head is the best', () => {
  const heldOut = new HeldOutLoss([record(0, 4), record(1)]);
  const told = [record(2, 3), record(3), record(4, 3.5), record(6, 3.25), record(8, 2), record(10, 2)].map(
    (each) => heldOut.follow(each),
  );
  expect(told.map((line) => line ?? '')).toEqual([
    '',
    '',
    'The held-out loss rises: 3.5000 after 4 steps, 3.0000 after 2 steps.',
    '',
    '',
    '',
  ]);
  heldOut.follow(record(12, 2.5));
  expect(heldOut.line('head/best')).toBe(
    'The best head that was evaluated, 2.0000 after 8 steps (2.5000 after 12 steps), is in head/best',
  );
});

test('the last head may be the best, or none was evaluated', () => {
  expect(new HeldOutLoss([record(0)]).line('best')).toBeUndefined();
  expect(new HeldOutLoss([record(0, 2), record(1, 1)]).line('best')).toBe(
    'The head after 1 step is the best that was evaluated; it is in best too.',
  );
});
