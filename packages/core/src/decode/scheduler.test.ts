// Sequences that read a model at once: the same results as alone, in fewer passes, and one's trouble is its own.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { maskId } from '../anneal/letter-model.test.support.js';
import type { FusedHead, ModelWith, PairPart } from '../maria/model.js';
import type { LaneRead } from '../models/causal-model.js';
import type { Matrix } from '../tensor/values.js';
import type { InfillEvent, InfillResult } from './events.js';
import { explain } from './explain.js';
import { infill } from './infill.js';
import { columns, model } from './letter-lanes.test.support.js';
import type { InfillOptions } from './options.js';
import { inSequence, schedulerOf } from './scheduler.js';
import { score } from './score.js';
import type { SequenceAr } from './sequence.js';

async function run(
  to: ModelWith<PairPart>,
  ids: number[],
  options: InfillOptions = {},
): Promise<InfillResult & { events: InfillEvent[] }> {
  const events: InfillEvent[] = [];
  const steps = infill(to, ids, { speculate: 0, ...options });
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done) return { ...step.value, events };
    events.push(step.value);
  }
}

const m = maskId;
const texts = [
  [0, m, 2, m],
  [m, m, m, 1, 2, 3, m],
  [4, 4, 4, 4, 4, m],
  [5, m],
  [0, 1, m, m, 2, 2, m, 6],
  [m, 6, 6, 6, 6, m],
];

describe('many calls at once', () => {
  it('give what they give alone where passes run side by side', async () => {
    const how = (record: number) => ({ record, temperature: 1, seed: 3 });
    const alone = await Promise.all(texts.map((ids, record) => run(model(1).model, ids, how(record))));
    const { model: shared, passes } = model(4);
    const aside = { ...shared, passesAtOnce: 2 };
    expect(await Promise.all(texts.map((ids, record) => run(aside, ids, how(record))))).toEqual(alone);
    expect(Math.max(...passes.map(({ length }) => length))).toBe(2);
  });

  it('begin with a few of the lanes where these follow what passes cost, and give what they give alone', async () => {
    const many = Array.from({ length: 40 }, (_, record) => texts[record % texts.length]!);
    const how = (record: number) => ({ record, temperature: 1, seed: 3 });
    const alone = await Promise.all(many.map((ids, record) => run(model(1).model, ids, how(record))));
    const { model: shared, passes } = model(32);
    const byCost = { ...shared, lanesByCost: true };
    expect(await Promise.all(many.map((ids, record) => run(byCost, ids, how(record))))).toEqual(alone);
    expect(passes.slice(0, 8).every(({ length }) => length <= 16)).toBe(true);
    expect(schedulerOf(byCost).lanesTaken).toBe(0);
  });

  it('tell nothing of what passes cost in the first pass of so many, which may make what the others find', async () => {
    const { model: shared } = model(4);
    let clock = 0;
    const made = new Set<number>();
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const extend = (reads: readonly LaneRead[]) => {
      clock += made.has(reads.length) ? reads.length : 1000;
      made.add(reads.length);
      return shared.ar.extend(reads);
    };
    const slowAtFirst = { ...shared, ar: { ...shared.ar, extend } };
    try {
      for (let i = 0; i < 5; i++)
        await Promise.all([run(slowAtFirst, texts[5]!), run(slowAtFirst, texts[5]!)]);
      const { ar } = schedulerOf(slowAtFirst).costs;
      expect(ar.of(10)).toBeLessThan(3);
    } finally {
      now.mockRestore();
    }
  });

  it('read in two passes at once where the model can', async () => {
    const how = (record: number) => ({ record, temperature: 1, seed: 3 });
    const alone = await Promise.all(texts.map((ids, record) => run(model(1).model, ids, how(record))));
    for (const atOnce of [1, 2]) {
      const { model: shared, passes, most } = model(4);
      const aside = { ...shared, ar: { ...shared.ar, passesAtOnce: atOnce }, passesAtOnce: 2 };
      expect(await Promise.all(texts.map((ids, record) => run(aside, ids, how(record))))).toEqual(alone);
      expect(Math.max(...passes.map(({ length }) => length))).toBe(2);
      expect(most.lanes > 2).toBe(atOnce > 1);
    }
  });

  it('wait for more of them beside another pass, by how many have lanes', async () => {
    const { model: shared, beside } = model(16);
    const sizes: { taken: number; size: number }[] = [];
    const extend = (reads: readonly LaneRead[]) => {
      const before = beside.length;
      const read = shared.ar.extend(reads);
      if (beside.length > before) sizes.push({ taken: schedulerOf(aside).lanesTaken, size: reads.length });
      return read;
    };
    const aside = { ...shared, ar: { ...shared.ar, extend, passesAtOnce: 2 }, passesAtOnce: 2 };
    await Promise.all(Array.from({ length: 40 }, (_, record) => run(aside, texts[record % 6]!, { record })));
    expect(sizes.some(({ taken }) => taken === 16)).toBe(true);
    expect(sizes.some(({ taken }) => taken < 16)).toBe(true);
    for (const { taken, size } of sizes) {
      expect(size).toBeLessThanOrEqual(Math.ceil(taken / 2));
      expect(2 * size).toBeGreaterThanOrEqual(Math.ceil(taken / 2));
    }
  });

  it.each([
    ['as many as the MLM reads at once are encoded while two passes read others', 2, 8, ['ar', 'ar', 'mlm']],
    ['fewer wait while two passes read others', 2, 4, ['ar', 'ar']],
    ['half of them are encoded where a core has nothing to do', 1, 4, ['ar', 'mlm']],
    ['fewer wait for a core, too', 1, 3, ['ar']],
  ])('%s', async (_, lanes, texts, kinds) => {
    const { model: shared } = model(lanes);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const running: string[] = [];
    const until = async <T>(kind: string, result: () => Promise<T>) => {
      running.push(kind);
      await ended;
      return result();
    };
    const aside: ModelWith<PairPart> = {
      ...shared,
      ar: { ...shared.ar, passesAtOnce: 2, extend: (reads) => until('ar', () => shared.ar.extend(reads)) },
      mlm: { ...shared.mlm, encode: (ids) => until('mlm', () => shared.mlm.encode(ids)) },
      passesAtOnce: 2,
    };
    // Some that have a lane each, and some that the MLM reads.
    const reading = Array.from({ length: lanes + texts }, (_, i) =>
      inSequence<PairPart, unknown>(aside, {}, async ({ ar, mlm }) => {
        if (i >= lanes) return mlm.encode(Int32Array.of(0, m), [1]);
        await ar.start(new Int32Array());
        return ar.extend(Int32Array.of(i));
      }),
    );
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(running.toSorted()).toEqual(kinds);
    end();
    await Promise.all(reading);
  });

  it.each([1, 2, 4, 16])('give what they give alone, with %i lanes', async (lanes) => {
    const alone = await Promise.all(
      texts.map((ids, record) => run(model(1).model, ids, { record, temperature: 1, seed: 3 })),
    );
    const { model: shared, passes } = model(lanes);
    const together = await Promise.all(
      texts.map((ids, record) => run(shared, ids, { record, temperature: 1, seed: 3 })),
    );
    expect(together).toEqual(alone);
    const reads = alone.reduce((total, one) => total + one.passes.ar, 0);
    expect(passes.flat()).toHaveLength(reads);
    expect(Math.max(...passes.map(({ length }) => length))).toBe(Math.min(lanes, texts.length));
    if (lanes === 16) expect(passes.length).toBe(Math.max(...alone.map((one) => one.passes.ar)));
  });

  it('mix filling, scoring and explaining', async () => {
    const known = Int32Array.from([0, 1, 2, 3]);
    const work = async (to: ModelWith<PairPart>) => {
      const explained = async () => {
        const all = [];
        for await (const one of explain(to, known, [1, 3])) all.push(one);
        return all;
      };
      return Promise.all([
        run(to, texts[0]!),
        score(to, { ids: known, masked: [0, 2] }),
        explained(),
        run(to, texts[1]!, { system: 'mlm' }),
        run(to, texts[4]!, { system: 'ar' }),
      ]);
    };
    expect(await work(model(3).model)).toEqual(await work(model(1).model));
  });

  it('read the texts of the next ones together while lanes are busy', async () => {
    const { model: shared, encoded } = model(2);
    await Promise.all(Array.from({ length: 20 }, () => run(shared, texts[1]!)));
    expect(encoded.reduce((a, b) => a + b)).toBe(20);
    expect(Math.max(...encoded)).toBe(8);
  });

  it('begin with what another has read, while it reads on', async () => {
    const { model: shared, copies, reading } = model(3);
    const ids = Int32Array.from({ length: 30 }, (_, i) => i % 5);
    const begun = (use: (ar: SequenceAr) => Promise<unknown>) =>
      inSequence<'ar', unknown>(shared, { signal: undefined }, async ({ ar }) => {
        await ar.start(ids);
        return use(ar);
      });
    await begun(async (ar) => {
      await ar.extend(ids);
      const more = ar.extend(Int32Array.of(1));
      for (let step = 0; step < 100 && reading.size === 0; step++) await Promise.resolve();
      expect(reading.size).toBe(1);
      await begun(async (other) => {
        expect(reading.size).toBe(1);
        expect(other.length).toBe(30);
      });
      await more;
    });
    expect(copies).toEqual([[0, 1, 30]]);
  });

  it('samples share what stands before the first gap, and each has a lane', async () => {
    const { model: shared, passes, copies } = model(2);
    const long = [...Array.from({ length: 30 }, (_, i) => i % 5), m, 2, m];
    const alone = await run(model(1).model, long, { samples: 5, temperature: 1 });
    const together = await run(shared, long, { samples: 5, temperature: 1 });
    expect(together).toEqual({ ...alone, passes: { mlm: 1, ar: alone.passes.ar + 1 } });
    // 31 with the start token; each sample asks for the last of them again.
    expect(copies).toContainEqual([0, 1, 30]);
    expect(passes.flat().filter(({ ids }) => ids.length > 20)).toHaveLength(1);
  });
});

describe('trouble', () => {
  it('of one sequence is no other’s', async () => {
    const { model: shared } = model(4, { capacity: 9 });
    const outcomes = await Promise.allSettled([
      run(shared, texts[0]!),
      run(shared, [...texts[1]!, ...texts[1]!]),
      run(shared, texts[1]!),
      inSequence<'ar', unknown>(shared, {}, async ({ ar }) => {
        await ar.start(new Int32Array());
        return ar.extend(Int32Array.of(m));
      }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect((await run(shared, texts[0]!)).samples).toEqual((await run(model(1).model, texts[0]!)).samples);
  });

  it('one that is interrupted ends at once, the others go on', async () => {
    const { model: shared } = model(2);
    const controllers = texts.map(() => new AbortController());
    const runs = texts.map((ids, i) => run(shared, ids, { signal: controllers[i]!.signal }));
    await new Promise(setImmediate);
    // The second reads, the last waits for a lane.
    controllers[1]!.abort();
    controllers[5]!.abort();
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
    for (const i of [1, 5]) expect(outcomes[i]).toMatchObject({ reason: { code: 'interrupted' } });
    expect((await run(shared, texts[5]!)).samples).toHaveLength(1);
  });

  it('a pass is stopped when all that wait for it are interrupted, not before', async () => {
    const { model: shared, passes } = model(2);
    let interrupts = 0;
    const watched = { ...shared, interrupt: () => interrupts++ };
    const [one, other] = [new AbortController(), new AbortController()];
    const runs = [one, other].map(({ signal }) =>
      run(watched as never, texts[1]!, { signal }).catch(() => {}),
    );
    for (let turn = 0; turn < 100 && passes[0]?.length !== 2; turn++) await new Promise(setImmediate);
    one.abort();
    expect(interrupts).toBe(0);
    other.abort();
    expect(interrupts).toBe(1);
    await Promise.all(runs);
  });

  it('a reader that waits between events holds up no other', async () => {
    const { model: shared } = model(2);
    const slow = infill(shared, texts[1]!);
    await slow.next();
    await slow.next();
    expect((await run(shared, texts[0]!)).samples).toHaveLength(1);
    await slow.return({} as InfillResult);
    expect(schedulerOf(shared).lanes).toBe(2);
  });
});

describe('drafts', () => {
  const ids = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, m, m, m), { minLength: 2, maxLength: 24 });
  const options = fc.record({
    temperature: fc.constantFrom(0, 0.7, 1, 2),
    topK: fc.constantFrom(0, 3),
    topP: fc.constantFrom(1, 0.8),
    samples: fc.constantFrom(1, 3),
    seed: fc.nat(1000),
    alternatives: fc.constantFrom(0, 2),
    chunk: fc.constantFrom(1, 2, 256),
  });

  it('change nothing of what is told but how much was read', async () => {
    const told = ({ events, samples }: { events: InfillEvent[]; samples: unknown }) => ({
      samples,
      events: events.filter(({ type }) => type !== 'step-end' && type !== 'drafted'),
    });
    await fc.assert(
      fc.asyncProperty(
        ids,
        options,
        fc.constantFrom<number | 'auto'>(1, 2, 5, 64, 'auto'),
        async (given, how, speculate) => {
          if (!given.includes(m)) given.push(m);
          const without = await run(model(1).model, given, how);
          const drafting = await run(model(2).model, given, { ...how, speculate });
          expect(told(drafting)).toEqual(told(without));
          const { drafted, accepted, rejected } = drafting.drafts;
          expect(accepted + rejected).toBeLessThanOrEqual(drafted);
          // What samples share is read once before them, where there is anything.
          const shared = how.samples > 1 && given.indexOf(m) > 0 ? 1 : 0;
          if (how.chunk === 256) expect(drafting.passes.ar + accepted).toBe(without.passes.ar + shared);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that are all right need one pass', async () => {
    // What stands between known letters is sure.
    const { passes, drafts } = await run(model(1).model, texts[4]!, { speculate: 8 });
    const without = await run(model(1).model, texts[4]!);
    expect(passes.ar).toBeLessThan(without.passes.ar);
    expect(drafts.accepted).toBeGreaterThan(0);
  });
});

describe('logits', () => {
  /** With so many lanes that each has memory for few rows. */
  const fewRows = 4;
  const lanes = Math.floor((64 * 2 ** 20) / (fewRows * columns * 4));

  it('are asked for in as many rows as there is memory for, and are the same', async () => {
    const asked: number[] = [];
    const { model: one } = model(1);
    const { model: many } = model(lanes);
    const counted = (logits: FusedHead['arLogits']) => (hidden: Matrix) => {
      asked.push(hidden.rows);
      return logits(hidden);
    };
    const { arLogits, mlmLogits } = many.head;
    Object.assign(many, { head: { arLogits: counted(arLogits), mlmLogits: counted(mlmLogits) } });
    const ids = [0, ...new Array<number>(20).fill(m), 3];
    const masked = ids.flatMap((id, position) => (id === m ? [position] : []));
    expect(schedulerOf(many).rowsAtOnce).toBe(fewRows);

    const how = { speculate: 64, temperature: 1, seed: 5 };
    expect((await run(many, ids, how)).samples).toEqual((await run(one, ids, how)).samples);
    // Drafts, and the token before them.
    expect(Math.max(...asked)).toBe(fewRows + 1);
    asked.length = 0;
    const known = { ids: ids.map((id, i) => (id === m ? i % 7 : id)), masked };
    expect(await score(many, known)).toEqual(await score(one, known));
    expect(Math.max(...asked)).toBe(fewRows);
  });
});
