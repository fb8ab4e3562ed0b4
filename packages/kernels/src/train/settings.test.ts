// Settings: defaults that follow from the length of a run, and what may change when it goes on.
import { expect, it } from 'vitest';
import { completeSettings, resumeSettings } from './settings.js';

const context = { init: 'product', tokensPerWindow: 100 } as const;

it('derives intervals from the steps, and steps from tokens', () => {
  expect(completeSettings({}, context)).toMatchObject({
    steps: 1000,
    warmup: 100,
    evalEvery: 100,
    saveEvery: 100,
    init: 'product',
  });
  expect(completeSettings({ tokens: 10_000, batch: 7 }, context)).toMatchObject({
    steps: 15,
    warmup: 2,
    evalEvery: 2,
  });
  expect(completeSettings({ steps: 3, warmup: 0, init: 'random' }, context)).toMatchObject({
    steps: 3,
    warmup: 0,
    saveEvery: 1,
    init: 'random',
  });
  expect(completeSettings({ maskRate: ' Fixed( .5 ) ' }, context).maskRate).toBe('fixed(0.5)');
  expect(() => completeSettings({ maskRate: 'half' }, context)).toThrow('Cannot mask at "half"');
});

it('keeps the settings of a run unless others are asked for, and names those', () => {
  const started = completeSettings({ steps: 50 }, context);
  expect(resumeSettings(started, {}, 100)).toEqual({ settings: started, changes: [] });
  expect(resumeSettings(started, { steps: 50, maskRate: 'uniform(0, 1)' }, 100).changes).toEqual([]);
  const { settings, changes } = resumeSettings(started, { learningRate: 0.1, tokens: 160_000 }, 100);
  expect(settings).toEqual({ ...started, learningRate: 0.1, steps: 100 });
  expect(changes).toEqual([
    'learningRate is 0.1 now, the run was started with 0.0003',
    'steps is 100 now, the run was started with 50',
  ]);
  expect(() => resumeSettings(started, { init: 'random' }, 100)).toThrow('Cannot go on from random values');
});
