// Infilling by a head that makes shortlists: the same events as from all logits, which are asked for only where shortlists do not serve.
import { describe, expect, it } from 'vitest';
import { letterModel, maskId as m } from '../anneal/letter-model.test.support.js';
import type { InfillEvent } from './events.js';
import { infill } from './infill.js';
import { withShortlists } from './list-of-logits.test.support.js';
import type { InfillOptions } from './options.js';

type Model = Parameters<typeof infill>[0];

async function eventsOf(model: Model, input: string | number[], options: InfillOptions) {
  const events: InfillEvent[] = [];
  const run = infill(model, input, options);
  for (let next = await run.next(); ; next = await run.next()) {
    if (next.done) return { events, result: next.value };
    events.push(next.value);
  }
}

/** As numbers that are told are, for they are sums of other terms. */
const rounded = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, x) => (typeof x === 'number' ? Number(x.toFixed(6)) : x)));

/** @returns rows of logits that were asked for */
async function expectSame(input: string | number[], options: InfillOptions): Promise<number> {
  let rows = 0;
  const listing = withShortlists(letterModel(), (count) => {
    rows += count;
  });
  const expected = await eventsOf(letterModel(), input, options);
  const actual = await eventsOf(listing, input, options);
  expect(rounded(actual)).toEqual(rounded(expected));
  return rows;
}

const ids = [0, m, 2, m, m, 3, m, m, m, 1, m];

const ways: readonly InfillOptions[] = [
  { temperature: 0, alternatives: 3 },
  { temperature: 1, samples: 3, alternatives: 20 },
  { temperature: 0.7, topK: 3 },
  { temperature: 1.3, topP: 0.7, samples: 2 },
  { temperature: 1, refresh: 2 },
];

describe('an infill by shortlists', () => {
  it.each(ways.flatMap((way) => [0, 1, 3].map((speculate) => ({ ...way, speculate }))))(
    'tells what one by all logits tells: %j',
    async (options) => {
      for (let seed = 0; seed < 4; seed++) expect(await expectSame(ids, { ...options, seed })).toBe(0);
    },
  );

  it('withholds what the text around does not take', async () => {
    for (const speculate of [0, 4])
      expect(await expectSame('ab[MASK*3]c[MASK]h[MASK*2]', { temperature: 1, seed: 3, speculate })).toBe(0);
  });

  it.each([{ temperature: 1, constraint: { regex: '[a-d]+' } }, { best: 2 }])(
    'asks for all logits where they are needed: %j',
    async (options: InfillOptions) => {
      expect(await expectSame('ab[MASK*3]c[MASK]h', options)).toBeGreaterThan(0);
    },
  );
});
