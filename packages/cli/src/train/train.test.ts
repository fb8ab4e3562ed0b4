// What maria train shows: sizes and times for people, the bar, evaluations, the plan and the curves.
import type { MetricsRecord, TrainingPlan } from '@maria/training';
import { describe, expect, it, test } from 'vitest';
import { parseByteSize } from '../byte-size.js';
import { comparisonChart, lossChart } from './charts.js';
import { planLines } from './plan-lines.js';
import { evaluationLine, TrainingProgress } from './progress.js';
import { readableDuration } from './readable-duration.js';

const record = (step: number, loss = 3, evalLoss?: number): MetricsRecord => ({
  step,
  loss,
  learningRate: 0.1,
  tokensPerSecond: 1234.5,
  maskedTokens: 7,
  ...(evalLoss !== undefined && { evalLoss, evalPerplexity: Math.exp(evalLoss) }),
});

test.each([
  ['500MB', 5e8],
  ['2GiB', 2 ** 31],
  [' 1.5 kb ', 1500],
  ['77', 77],
])('%j is %i bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(['', '0', 'GB', '-1MB', '5 bits', '1e3'])('%j is no size', (text) => {
  expect(() => parseByteSize(text)).toThrow(`it must be a size such as 500MB or 2GiB, and is ${text}`);
});

test.each([
  [420, '0.4 s'],
  [45_000, '45 s'],
  [720_000, '12 min'],
  [12_000_000, '3 h 20 min'],
  [7_200_000, '2 h'],
  [187_200_000, '2 d 4 h'],
])('%i ms are %s', (milliseconds, text) => {
  expect(readableDuration(milliseconds)).toBe(text);
});

describe('TrainingProgress', () => {
  it('shows steps, a smooth loss, the last evaluation, speed and the time left', () => {
    let now = 0;
    const progress = new TrainingProgress(10, () => now);
    progress.follow(record(0, 4, 3.5));
    expect(progress.bar()).toBe(`${'░'.repeat(20)} 0/10  loss 4.000  eval 3.500  1235 tokens/s`);
    for (let step = 1; step <= 5; step++) {
      now += 2000;
      progress.follow(record(step, 2));
    }
    const bar = progress.bar();
    expect(bar).toContain(`${'█'.repeat(10)}${'░'.repeat(10)} 5/10  loss 2.`);
    expect(bar).toMatch(/ {2}10 s left$/);
  });

  it('tells an evaluation in a line', () => {
    expect(evaluationLine(record(5, 3.25, 2), 10)).toBe(
      'step 5/10: loss 3.2500, held-out loss 2.0000, perplexity 7.389',
    );
  });
});

describe('charts', () => {
  it('draw the mean loss and the held-out loss', () => {
    const records = Array.from({ length: 1001 }, (_, step) =>
      record(step, step, step % 500 === 0 ? step : undefined),
    );
    const { series } = lossChart(records);
    expect(series.map(({ name, points }) => [name, points.length])).toEqual([
      ['training loss', 167],
      ['held-out loss', 3],
    ]);
    for (const [x, y] of series[0]!.points) expect(y).toBe(x);
    expect(lossChart([record(0)]).series).toEqual([{ name: 'training loss', points: [[0, 3]] }]);
  });

  it('compare runs', () => {
    const { series } = comparisonChart({ product: [record(0, 1, 2), record(1)], random: [record(0, 1, 3)] });
    expect(series).toEqual([
      { name: 'product', points: [[0, 2]] },
      { name: 'random', points: [[0, 3]] },
    ]);
  });
});

test('a plan in lines', () => {
  const settings = {
    steps: 100,
    batch: 16,
    window: 256,
    maskRate: 'fixed(0.5)',
    learningRate: 0.001,
    schedule: 'cosine',
    warmup: 10,
    weightDecay: 0,
    clip: 0,
    init: 'model',
  };
  const plan = {
    from: 40,
    settings,
    windows: 800,
    tokens: 200_000,
    documents: 12,
    isPart: true,
    epochs: 2,
    evalWindows: 0,
    head: { vocabularySize: 50304, ar: 2048, mlm: 1024 },
    memory: {
      backbones: 2 ** 30,
      head: 2 ** 20,
      optimizer: 2 ** 21,
      gradient: 2 ** 20,
      logits: 2 ** 20,
      features: 2 ** 21,
      evaluation: 0,
      data: 800_000,
    },
    disk: 2 ** 33,
  } as TrainingPlan;
  expect(planLines(plan, { stepMs: 1500, totalMs: 90_000 })).toEqual([
    'data: 12 documents, 800 windows of up to 256 tokens, 200000 tokens; the run needs no more of it',
    'held out: none',
    'head: 50304 × (2048 + 1024), from the model',
    'steps: 40 taken, 100 of 16 windows, 2.00 epochs, masked at fixed(0.5)',
    'learning rate: 0.001, cosine, warm-up 10; weight decay 0, not clipped',
    'memory: 1.01 GiB (backbones 1.00 GiB, head 1.00 MiB, optimizer 2.00 MiB, gradient 1.00 MiB, logits 1.00 MiB, features 2.00 MiB, evaluation 0 B, data 781 KiB)',
    'disk: up to 8.00 GiB',
    'time: 1.5 s a step, 90 s in all, without evaluations and saves (measured now)',
  ]);
});
