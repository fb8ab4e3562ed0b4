// Texts of many sequences that are filled at once: the one that began first ends first, and none waits for all of another.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../in-order.js';
import type { ModelWith, PairPart } from '../maria/model.js';
import { infill } from './infill.js';
import { model } from './letter-lanes.test.support.js';
import type { InfillOptions } from './options.js';
import { inSequence, schedulerOf, sequencesFor } from './scheduler.js';
import { score } from './score.js';

type Fill = readonly [text: string, options?: InfillOptions];

async function samplesOf(to: ModelWith<PairPart>, [text, options]: Fill, record = 0) {
  const steps = infill(to, text, { record, ...options });
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  return step.value.samples;
}

describe('lanes', () => {
  it.each([
    ['gaps of unknown length', 'cab[MASK*1-5]hed', {}],
    ['searches', 'cab[MASK*3]hed', { best: 3 }],
    ['samples', 'cab[MASK*3]hed', { samples: 8, temperature: 1 }],
  ])('are for the sequences of the oldest text first: %s', async (_, text, options) => {
    const { model: shared, passes } = model(3);
    const ended: { readonly record: number; readonly passes: number }[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, record) => {
        await samplesOf(shared, [text, options], record);
        ended.push({ record, passes: passes.length });
      }),
    );
    expect(ended.map(({ record }) => record)).toEqual(ended.map((_, i) => i));
    // Each of them a twelfth later than the one before, about: with lanes in turn, all of them in the end.
    for (const [i, { passes: before }] of ended.entries())
      expect(before / passes.length).toBeLessThan((i + 3) / 12);
  });

  it('are for those that wait by the beginning of their texts, and of one text as they come', async () => {
    const { model: shared } = model(1);
    const scheduler = schedulerOf(shared);
    const [first, second] = [scheduler.newTicket(), scheduler.newTicket()];
    const order: string[] = [];
    const read = (name: string, ticket: typeof first, signal?: AbortSignal) =>
      inSequence<'ar', void>(shared, { ticket, signal }, async ({ ar }) => {
        await ar.start(new Int32Array());
        order.push(name);
        await ar.extend(Int32Array.of(1));
      });
    const gone = new AbortController();
    const left = read('second, left', second, gone.signal);
    await Promise.all([
      read('second', second),
      read('second again', second),
      read('first', first),
      left.catch(() => {}),
      read('first again', first),
      inSequence<'ar', void>(shared, {}, async ({ ar }) => {
        gone.abort();
        await ar.start(new Int32Array());
        order.push('new');
      }),
    ]);
    expect(order).toEqual(['second, left', 'first', 'first again', 'second', 'second again', 'new']);
  });

  it('are for a later text, too, before one that takes hundreds has them all', async () => {
    const { model: shared, passes } = model(2);
    let ended = 0;
    const many = samplesOf(shared, ['cab[MASK*2]', { samples: 200, temperature: 1 }]).then(() => {
      ended = passes.length;
    });
    await samplesOf(shared, ['fed[MASK]']);
    const before = passes.length;
    await many;
    expect(before).toBeLessThan(ended / 3);
  });

  it('go to who goes on with what they hold', async () => {
    const { model: shared, copies } = model(2);
    let end = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      end = resolve;
    });
    const read = (id: number, until: Promise<void>) =>
      inSequence<'ar', number>(shared, {}, async ({ ar }) => {
        const ids = new Int32Array(20).fill(id);
        await ar.start(ids);
        const held = ar.length;
        if (held < ids.length) await ar.extend(ids.subarray(held));
        await until;
        return held;
      });
    // The lane of the second is free a moment sooner: it is not what the third goes on with.
    const late = mayEnd.then(() => {});
    const reading = [read(1, late), read(2, mayEnd), read(1, mayEnd), read(2, mayEnd)];
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    end();
    expect(await Promise.all(reading)).toEqual([0, 0, 20, 20]);
    expect(copies).toEqual([]);
  });
});

describe('the MLM', () => {
  it('reads no further ahead than lanes will soon be free for', async () => {
    const { model: shared, encoded } = model(2);
    let ended = 0;
    let ahead = 0;
    const extend: typeof shared.ar.extend = (reads) => {
      const read = encoded.reduce((total, sequences) => total + sequences, 0);
      ahead = Math.max(ahead, read - ended);
      return shared.ar.extend(reads);
    };
    const watched = { ...shared, ar: { ...shared.ar, extend } };
    await Promise.all(
      Array.from({ length: 80 }, async (_, record) => {
        await samplesOf(watched, ['cab[MASK*3]hed'], record);
        ended++;
      }),
    );
    // Those with lanes, 16 that wait, and the pass that was begun for one more.
    expect(ahead).toBeGreaterThan(16);
    expect(ahead).toBeLessThanOrEqual(2 + 16 + 8);
  });
});

describe('texts of all kinds at once', () => {
  const kinds: readonly Fill[] = [
    ['cab[MASK]hed[MASK*2]'],
    ['[MASK*4]'],
    ['cab[MASK*1-4]hed'],
    ['[MASK*1-2]fed[MASK*1-3]'],
    ['cab[MASK*3]hed', { best: 3 }],
    ['cab[MASK*2]', { samples: 4, temperature: 1, distinct: true }],
    ['hed[MASK*3]a', { samples: 5, temperature: 1 }],
    ['fed[MASK*1-3]a', { samples: 3, temperature: 1 }],
    ['cabbed[MASK*2]', { system: 'mlm' }],
    ['cabbed[MASK*2]hed', { system: 'ar', temperature: 1 }],
  ];
  const alone = new Map<string, unknown>();

  it('end, and are what they are alone, with any number of lanes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 10 }),
        fc.constantFrom(1, 2, 3, 5),
        fc.constantFrom(1, 2),
        fc.boolean(),
        fc.boolean(),
        async (chosen, lanes, passesAtOnce, lanesByCost, isExact) => {
          const { model: letters } = model(lanes);
          const ar = { ...letters.ar, passesAtOnce };
          const shared = { ...letters, ar, passesAtOnce, lanesByCost, rowsAreExact: isExact };
          const filled: unknown[] = [];
          const texts = inOrder(chosen.entries(), sequencesFor(lanes), async function* ([record, kind]) {
            yield* [];
            return samplesOf(shared, kinds[kind]!, record);
          });
          const scored = score(shared, { ids: Int32Array.of(0, 1, 2, 3), masked: [1, 2] });
          for await (const told of texts) filled.push('result' in told ? told.result : told);
          await scored;
          for (const [record, kind] of chosen.entries()) {
            const key = `${kind} ${record}`;
            if (!alone.has(key)) alone.set(key, await samplesOf(model(1).model, kinds[kind]!, record));
            expect(filled[record]).toEqual(alone.get(key));
          }
          expect(schedulerOf(shared).lanesTaken).toBe(0);
        },
      ),
      { numRuns: 10 },
    );
  });
});
