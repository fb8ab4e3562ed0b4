// What the status line of a run over texts says.
import { expect, test } from 'vitest';
import { TextProgress } from './text-progress.js';

test('texts and tokens are counted, each sample of a text too', () => {
  const shown: string[] = [];
  let now = 0;
  const status = { show: (line: string) => void shown.push(line), clear: () => {} };
  const progress = new TextProgress(status, { done: 'filled', samples: 2 }, () => now);
  progress.follow({ type: 'mlm-encoded', ids: [1, 2, 3], positions: [1, 2] });
  now = 2000;
  const filled = { type: 'gap-filled', sample: 0, gap: 0, index: 0, position: 1, probability: 1 } as const;
  progress.follow({ ...filled, id: 1, token: 'a', piece: 'a', bytes: [97] });
  progress.follow({ type: 'step-end', sample: 0, step: 0, fed: 1, filled: 1 });
  progress.finish();
  expect(shown).toEqual([
    '0 texts filled, 0 of 4 tokens, 0.0 a second',
    '0 texts filled, 1 of 4 tokens, 0.5 a second',
    '1 text filled, 1 of 4 tokens, 0.5 a second',
  ]);
});

test('without gaps the rate is that of texts', () => {
  const shown: string[] = [];
  let now = 0;
  const status = { show: (line: string) => void shown.push(line), clear: () => {} };
  const progress = new TextProgress(status, { done: 'scored' }, () => now);
  now = 100;
  for (let i = 0; i < 2; i++) progress.finish();
  expect(shown.at(-1)).toBe('2 texts scored, 20 a second');
});
