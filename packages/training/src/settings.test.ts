// Settings: defaults that follow from the length of a run, and what may change when it goes on.
import { expect, it } from 'vitest';
import { completeSettings, enoughData, resumeSettings } from './settings.js';

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
  expect(settings).toEqual({ ...started, learningRate: 0.1, steps: 100, tokens: 160_000 });
  expect(changes).toEqual([
    'learningRate is 0.1 now, the run was started with 0.0003',
    'steps is 100 now, the run was started with 50',
  ]);
  expect(() => resumeSettings(started, { init: 'random' }, 100)).toThrow('Cannot go on from random values');
});

it('reads as much of the data when a run goes on, unless it is to be longer or shorter', () => {
  const byTokens = completeSettings({ tokens: 10_000 }, context);
  expect(enoughData({ tokens: 10_000 })).toEqual({ tokens: 10_000 });
  for (const given of [{}, { learningRate: 1 }, { tokens: 10_000 }, { steps: byTokens.steps }])
    expect(enoughData(given, byTokens)).toEqual({ tokens: 10_000 });
  expect(enoughData({ tokens: 20_000 }, byTokens)).toEqual({ tokens: 20_000 });
  expect(enoughData({ steps: 9 }, byTokens)).toEqual({ windows: 160 });
  expect(resumeSettings(byTokens, { steps: 9 }, 100).settings).not.toHaveProperty('tokens');
  const bySteps = completeSettings({ steps: 5, batch: 2 }, context);
  expect(enoughData({}, bySteps)).toEqual({ windows: 12 });
  expect(enoughData({}, undefined)).toEqual({ windows: 16_016 });
});
