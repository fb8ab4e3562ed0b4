// Guesses of drafts against the choice itself.
import { expect, it } from 'vitest';
import { gumbelOf, randomKey } from '../random.js';
import { chooseToken, modeOf, noiseOf, samplingOf } from './choose.js';
import { surestLead } from './draft-chances.js';
import { guessToken } from './guess-token.js';

const key = randomKey(4);
const logitsOf = (text: number) => Float32Array.from({ length: 500 }, (_, id) => 3 * key.normal(id, text));
const noiseAt = (position: number) => noiseOf(key, position);

it.each([
  { temperature: 0 },
  { temperature: 1 },
  { temperature: 0.3, topK: 5 },
  { temperature: 2, topP: 0.7 },
])('is the token that is chosen, and tells how far the next one is behind: %o', (options) => {
  const sampling = samplingOf({ topK: 0, topP: 1, ...options });
  for (let i = 0; i < 200; i++) {
    const logits = logitsOf(i);
    const chosen = chooseToken(logits, { argmax: modeOf(logits) }, sampling, noiseAt(i));
    const { id, lead } = guessToken(logits, sampling, noiseAt(i));
    expect(id).toBe(chosen);
    // Without it the next one is chosen, if filters keep the same ones without it.
    if (sampling.filters.length > 0) continue;
    const { temperature } = sampling;
    const score = (one: number) =>
      temperature === 0 ? logits[one]! : logits[one]! / temperature + gumbelOf(key.uniform(i, one));
    const best = score(id);
    logits[id] = -Infinity;
    const next = chooseToken(logits, { argmax: modeOf(logits) }, sampling, noiseAt(i));
    const ahead = best - score(next);
    expect(lead).toBe(temperature === 0 ? ahead : Math.min(ahead, surestLead));
  }
});

it('leaves out what may not be chosen', () => {
  const logits = Float32Array.of(-Infinity, 4, -Infinity, 2.5, 3);
  const greedy = samplingOf({ temperature: 0, topK: 0, topP: 1 });
  expect(guessToken(logits, greedy, noiseAt(0))).toEqual({ id: 1, lead: 1 });
  const onlyOne = Float32Array.of(-Infinity, -Infinity, 1);
  expect(guessToken(onlyOne, greedy, noiseAt(0))).toEqual({ id: 2, lead: Infinity });
  const sampled = samplingOf({ temperature: 0.5, topK: 0, topP: 1 });
  expect(guessToken(onlyOne, sampled, noiseAt(0))).toEqual({ id: 2, lead: surestLead });
});
