// Guesses of drafts against the choice itself.
import { expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { chooseToken, modeOf, samplingOf } from './choose.js';
import { guessToken } from './guess-token.js';

const key = randomKey(4);
const logitsOf = (text: number) => Float32Array.from({ length: 500 }, (_, id) => 3 * key.normal(id, text));
const uniform = (position: number) => (id: number) => key.uniform(position, id);
const noiseAt = (position: number) => ({
  uniform: uniform(position),
  firstWords: (count: number) => key.firstWords(position, count),
});

it.each([
  { temperature: 0 },
  { temperature: 1 },
  { temperature: 0.3, topK: 5 },
  { temperature: 2, topP: 0.7 },
])('is the token that is chosen, nearly always: %o', (options) => {
  const sampling = samplingOf({ topK: 0, topP: 1, ...options });
  let right = 0;
  for (let i = 0; i < 200; i++) {
    const logits = logitsOf(i);
    const chosen = chooseToken(logits, { argmax: modeOf(logits) }, sampling, noiseAt(i));
    if (guessToken(logits, sampling, uniform(i)).id === chosen) right++;
  }
  expect(right).toBeGreaterThanOrEqual(198);
});

it('tells how far the next one is behind', () => {
  const logits = Float32Array.of(1, 4, -Infinity, 2.5, 3);
  const greedy = samplingOf({ temperature: 0, topK: 0, topP: 1 });
  expect(guessToken(logits, greedy, uniform(0))).toEqual({ id: 1, lead: 1 });
  const sampled = samplingOf({ temperature: 0.5, topK: 0, topP: 1 });
  // Its Gumbel number is 0 for all.
  expect(guessToken(logits, sampled, () => Math.exp(-1))).toEqual({ id: 1, lead: 2 });
});

it('draws no noise for tokens that are far behind', () => {
  const drawn: number[] = [];
  const logits = Float32Array.of(20, 19, 1, 0, -Infinity);
  guessToken(logits, samplingOf({ temperature: 1, topK: 0, topP: 1 }), (id) => {
    drawn.push(id);
    return 0.5;
  });
  expect(drawn).toEqual([0, 1]);
});
