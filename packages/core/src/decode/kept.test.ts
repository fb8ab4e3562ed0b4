// Tokens of gaps that are kept: they are read as the text is, and the rest is filled around them.
import { describe, expect, test } from 'vitest';
import { letterModel, maskId } from '../anneal/letter-model.test.support.js';
import type { InfillEvent, Infilled } from './events.js';
import { explain } from './explain.js';
import { infill } from './infill.js';
import { systemNames } from './systems.js';

async function fill(
  input: string | number[],
  kept?: ReadonlyMap<number, number>,
  options: Parameters<typeof infill>[2] = {},
) {
  const events: InfillEvent[] = [];
  for await (const event of infill(letterModel(), input, { seed: 3, ...options, ...(kept && { kept }) }))
    events.push(event);
  const filled = events.flatMap((event) => (event.type === 'gap-filled' ? [event.position] : []));
  const done = events.filter((event): event is { type: 'done' } & Infilled => event.type === 'done');
  return { events, filled, samples: done };
}

describe.each(systemNames)('with the system %s', (system) => {
  test.each([0, 1])(
    'a kept token is as good as one that was given, at temperature %d',
    async (temperature) => {
      const options = { system, temperature, samples: 2 };
      const given = await fill([0, maskId, 5, maskId, 2], undefined, options);
      const kept = await fill([0, maskId, maskId, maskId, 2], new Map([[2, 5]]), options);
      // A denoiser fills in an order of its own.
      expect(kept.filled.toSorted()).toEqual([1, 1, 3, 3]);
      expect(kept.samples.map(({ ids }) => ids)).toEqual(given.samples.map(({ ids }) => ids));
      expect(kept.samples[1]!.logLikelihood).toBe(given.samples[1]!.logLikelihood);
    },
  );
});

test('what is kept stands in the text, in its gap, with probability 1', async () => {
  const { samples, events } = await fill('ab[MASK*3]c[MASK]', new Map([[3, 7]]));
  expect(events[0]).toMatchObject({ positions: [2, 3, 4, 6], ids: [0, 1, maskId, 7, maskId, 2, maskId] });
  const [{ text, gaps } = { text: '', gaps: [] }] = samples;
  expect(text).toMatch(/^ab[a-h]h[a-h]c[a-h]$/);
  expect(gaps[0]!.ids[1]).toBe(7);
  expect(gaps[0]!.probabilities[1]).toBe(1);
  const steps = events.flatMap((event) => (event.type === 'step-end' ? [event.step] : []));
  expect(steps).toEqual([0, 1, 2]);
});

test.each([
  ['where no gap is', new Map([[0, 1]]), /position 0: no gap is there/],
  ['that is no token', new Map([[2, 99]]), /Cannot keep token 99 at position 2: it is no text/],
  ['that is the mask', new Map([[2, maskId]]), /it is no text/],
  ['in a list', [[2, 1]] as unknown as ReadonlyMap<number, number>, /kept is a list, it must be a map/],
  ['in every gap', new Map([[2, 1]]), /all of their tokens are kept/],
])('a token %s is refused', async (_, kept, message) => {
  await expect(fill('ab[MASK]c', kept)).rejects.toThrow(message);
});

test('gaps that were kept are left out of the explanation, and what was filled around them is as it was chosen', async () => {
  const text = 'ab[MASK*3]c';
  const { samples, events } = await fill(text, new Map([[3, 7]]));
  const ids = Int32Array.from(samples[0]!.ids);
  const chosen = new Map(
    events.flatMap((event) =>
      event.type === 'gap-filled' ? [[event.position, event.probability] as const] : [],
    ),
  );
  for await (const { position, candidates } of explain(letterModel(), ids, [2, 4], { text })) {
    const own = candidates.find(({ id }) => id === ids[position]);
    expect(own?.fused).toBeCloseTo(chosen.get(position)!, 5);
  }
  expect([...chosen.keys()]).toEqual([2, 4]);
});
