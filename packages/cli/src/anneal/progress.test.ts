// The line that tells how far annealing is.
import type { AnnealEvent } from '@maria/core';
import { expect, test } from 'vitest';
import { ChainProgress } from './progress.js';

const sweepStart: AnnealEvent = {
  type: 'sweep-start',
  sweep: 2,
  masked: [1, 2, 3],
  temperature: 0.5,
  maskRate: 0.25,
};
const filled = { type: 'gap-filled', position: 1 } as Extract<AnnealEvent, { type: 'gap-filled' }>;
const sweepEnd = { type: 'sweep-end', accepted: false, energy: 12.34, elapsedMs: 2500 } as Extract<
  AnnealEvent,
  { type: 'sweep-end' }
>;

test('tells chain, sweep, tokens, schedule, energy and acceptance', () => {
  const progress = new ChainProgress({ chain: 1, chains: 2, sweeps: 16 });
  progress.follow(sweepStart);
  progress.follow(filled);
  expect(progress.line()).toBe('chain 2/2  sweep 3/16  filled 1/3  T 0.50  mask rate 0.25');
  progress.follow(sweepEnd);
  expect(progress.line()).toBe(
    'chain 2/2  sweep 3/16  filled 1/3  T 0.50  mask rate 0.25  energy 12.3 nats  accepted 0/1  2.5 s',
  );
  const alone = new ChainProgress({ chain: 0, chains: 1, sweeps: undefined });
  alone.follow(sweepStart);
  expect(alone.line()).toMatch(/^sweep 3 {2}filled 0\/3/);
});
