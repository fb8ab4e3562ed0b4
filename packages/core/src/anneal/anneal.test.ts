// Annealing over the letter model: what changes, what must not, and that a run is a function of its seed.
import { describe, expect, test } from 'vitest';
import { InterruptedError } from '../errors.js';
import type { MariaModel } from '../maria/model.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { anneal } from './anneal.js';
import type { AnnealEvent, AnnealOptions, AnnealResult, SweepRecord } from './events.js';
import { letterModel, logitAfter, maskId, startId } from './letter-model.test.support.js';

interface Run extends AnnealResult {
  readonly events: readonly AnnealEvent[];
  readonly records: readonly SweepRecord[];
}

async function run(options: AnnealOptions, model: MariaModel = letterModel()): Promise<Run> {
  const events: AnnealEvent[] = [];
  const generator = anneal(model, options);
  for (let step = await generator.next(); ; step = await generator.next()) {
    if (step.done) return { ...step.value, events, records: recordsOf(events) };
    events.push(step.value);
  }
}

function recordsOf(events: readonly AnnealEvent[]): SweepRecord[] {
  return events.flatMap((event) => {
    if (event.type !== 'sweep-end') return [];
    const { type: _, ...record } = event;
    return [record];
  });
}

const withoutTime = (records: readonly SweepRecord[]) => records.map(({ elapsedMs: _, ...record }) => record);

/** Negative log-likelihood under the AR table, from the text alone. */
function arEnergy(ids: readonly number[], from: number): number {
  let energy = 0;
  for (let i = from; i < ids.length; i++) {
    const logits = Array.from({ length: 10 }, (_, to) => logitAfter(ids[i - 1] ?? startId, to));
    const normalizer = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    energy += normalizer - logits[ids[i]!]!;
  }
  return energy;
}

describe('a run', () => {
  test('fills everything first, and then masks the share that the schedule says', async () => {
    const { events, records, last, best } = await run({
      length: 10,
      sweeps: 5,
      maskRate: { shape: 'linear', from: 1, to: 0.2 },
    });
    expect(events[0]).toEqual({
      type: 'anneal-start',
      ids: Array(10).fill(maskId),
      free: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      maskId,
    });
    expect(records.map(({ masked }) => masked.length)).toEqual([10, 8, 6, 4, 2]);
    expect(records.map(({ sweep }) => sweep)).toEqual([0, 1, 2, 3, 4]);
    expect(last).toEqual(records[4]);
    expect(best.energy).toBe(Math.min(...records.map(({ energy }) => energy)));
    expect(events.at(-1)).toEqual({ type: 'done', last, best });
  });

  test('tells of each sweep what changed, among what was masked, and each token as it is filled', async () => {
    const { events, records } = await run({ length: 12, sweeps: 6, seed: 3 });
    let before: readonly number[] = Array(12).fill(maskId);
    for (const record of records) {
      const differing = record.ids.flatMap((id, i) => (id === before[i] ? [] : [i]));
      expect(record.changed).toEqual(differing);
      expect(record.masked).toEqual(expect.arrayContaining(differing));
      expect(record.text).toBe(record.ids.map((id) => 'abcdefgh'[id]).join(''));
      before = record.ids;
    }
    const filled = events.filter((event) => event.type === 'gap-filled').map(({ position }) => position);
    expect(filled).toEqual(records.flatMap(({ masked }) => masked));
  });

  test('has the AR likelihood of the free tokens and what follows as its energy', async () => {
    const { records } = await run({ length: 12, prompt: 'ab', suffix: 'cd', sweeps: 3 });
    for (const { ids, energy } of records) expect(energy).toBeCloseTo(arEnergy(ids, 2), 4);
  });

  test('can have the fused likelihood as its energy, which is another one', async () => {
    const options = { length: 8, sweeps: 2, seed: 1 };
    const [fused] = (await run({ ...options, energy: 'fused' })).records;
    const [ar] = (await run(options)).records;
    expect(fused!.ids).toEqual(ar!.ids);
    expect(fused!.energy).not.toBeCloseTo(ar!.energy, 2);
  });

  test('of a model without an AR output embedding needs the fused energy, and says so', async () => {
    const model = letterModel();
    const fusedOnly = { ...model, experts: { mlm: model.experts.mlm } };
    await expect(run({ length: 4 }, fusedOnly)).rejects.toMatchObject({ try: 'Use the fused energy.' });
    expect((await run({ length: 4, energy: 'fused' }, fusedOnly)).records).toHaveLength(16);
  });

  test('lowers the energy on the average of seeds', async () => {
    let first = 0;
    let last = 0;
    for (let seed = 0; seed < 10; seed++) {
      const { records } = await run({ length: 16, sweeps: 8, seed });
      first += records[0]!.energy;
      last += records.at(-1)!.energy;
    }
    expect(last).toBeLessThan(0.8 * first);
  });

  test('of one sweep is infilling at the last temperature', async () => {
    const { records } = await run({ length: 4, sweeps: 1 });
    expect(records).toMatchObject([{ sweep: 0, masked: [0, 1, 2, 3], temperature: 0.5, accepted: true }]);
  });
});

describe('given text', () => {
  test('never changes', async () => {
    const { records } = await run({ length: 9, prompt: 'abc', suffix: 'hg', sweeps: 8 });
    for (const { text, ids } of records) {
      expect(text).toMatch(/^abc[a-h]{4}hg$/);
      expect(ids.slice(0, 3)).toEqual([0, 1, 2]);
    }
  });

  test('may stand between gaps', async () => {
    const { events, records } = await run({ text: 'a[MASK*3]bb[MASK]c', sweeps: 6 });
    expect(events[0]).toMatchObject({ free: [1, 2, 3, 6] });
    for (const { text } of records) expect(text).toMatch(/^a[a-h]{3}bb[a-h]c$/);
  });

  test('that looks like a gap is text all the same', async () => {
    const model = letterModel();
    const tokenize: Vocabulary['tokenize'] = async (text) => {
      const ids = new Int32Array(text.length);
      return { ids, starts: ids.map((_, i) => i), ends: ids.map((_, i) => i + 1) };
    };
    const { last } = await run(
      { length: 20, prompt: '[MASK]\r\n', suffix: ' \u0000é', sweeps: 2 },
      {
        ...model,
        vocabulary: { ...model.vocabulary, tokenize, encode: async (text) => (await tokenize(text)).ids },
      },
    );
    expect(last.text.replace(/[a-h]+/, '…')).toBe('[MASK]\r\n… \u0000é');
  });
});

describe('the seed', () => {
  test('and the options give the same trace again, but for the time', async () => {
    for (const selection of ['uniform', 'least-confident', 'gumbel', 'spans'] as const) {
      const options = {
        length: 12,
        sweeps: 6,
        seed: 5,
        selection,
        acceptance: { shape: 'constant', from: 1, to: 1 },
      } as const;
      expect(withoutTime((await run(options)).records)).toEqual(withoutTime((await run(options)).records));
    }
  });

  test('another seed and another chain give another run', async () => {
    const texts = await Promise.all(
      [{}, { seed: 1 }, { chain: 1 }].map(
        async (more) => (await run({ length: 12, sweeps: 3, ...more })).last.text,
      ),
    );
    expect(new Set(texts).size).toBe(3);
  });
});

describe('a resumed run', () => {
  const options = {
    length: 12,
    sweeps: 8,
    seed: 2,
    acceptance: { shape: 'linear', from: 3, to: 0 },
  } as const;

  test('goes on as the uninterrupted one, wherever it was cut', async () => {
    const whole = await run(options);
    for (const cut of [0, 1, 4, 7, 8]) {
      const resumed = await run({ ...options, resume: whole.records.slice(0, cut) });
      expect(withoutTime(resumed.records)).toEqual(withoutTime(whole.records.slice(cut)));
      expect(withoutTime([resumed.last, resumed.best])).toEqual(withoutTime([whole.last, whole.best]));
    }
  });

  test('counts the time on', async () => {
    const clock = () => 0;
    const { records } = await run({ ...options, clock: () => 0 });
    const resume = records.slice(0, 2).map((record) => ({ ...record, elapsedMs: 70 }));
    expect((await run({ ...options, clock, resume })).last.elapsedMs).toBe(70);
  });

  test.each([
    ['another seed', { seed: 3 }],
    ['another chain', { chain: 1 }],
    ['another length', { length: 13 }],
    ['another prompt', { prompt: 'h' }],
  ])('refuses the trace of %s', async (_, other) => {
    const { records } = await run({ ...options, prompt: 'a' });
    await expect(run({ ...options, prompt: 'a', ...other, resume: records })).rejects.toMatchObject({
      code: 'resume-mismatch',
      exitStatus: 2,
    });
  });

  test('refuses a trace with a hole', async () => {
    const { records } = await run(options);
    await expect(run({ ...options, resume: records.slice(1) })).rejects.toThrow(
      'Cannot resume from record 0 of the trace: its sweep is 1.',
    );
  });
});

describe('acceptance', () => {
  const options = {
    length: 12,
    sweeps: 30,
    maskRate: { shape: 'constant', from: 0.3, to: 0.3 },
    temperature: { shape: 'constant', from: 3, to: 3 },
  } as const;

  test('at temperature 0 never lets the energy rise, and undoes what would', async () => {
    const { records } = await run({ ...options, acceptance: { shape: 'constant', from: 0, to: 0 } });
    for (const [i, record] of records.entries()) {
      if (i > 0) expect(record.energy).toBeLessThanOrEqual(records[i - 1]!.energy);
      if (record.accepted) continue;
      expect(record).toMatchObject({
        changed: [],
        ids: records[i - 1]!.ids,
        energy: records[i - 1]!.energy,
        confidence: records[i - 1]!.confidence,
      });
    }
    expect(records.some(({ accepted }) => !accepted)).toBe(true);
  });

  test('is more frequent the hotter it is, and all without it', async () => {
    const rate = async (from: number) =>
      (await run({ ...options, acceptance: { shape: 'constant', from, to: from } })).records.filter(
        ({ accepted }) => accepted,
      ).length;
    expect(await rate(0.1)).toBeLessThan(await rate(1e6));
    expect((await run(options)).records.every(({ accepted }) => accepted)).toBe(true);
  });
});

describe('control', () => {
  test('changes temperature and mask rate from the next sweep on, and pinned positions stay', async () => {
    const control: { temperature?: number; maskRate?: number; pinned?: Set<number> } = {};
    const records: SweepRecord[] = [];
    for await (const event of anneal(letterModel(), { length: 10, sweeps: 4, control })) {
      if (event.type !== 'sweep-end') continue;
      records.push(event);
      Object.assign(control, { temperature: 2.5, maskRate: 1, pinned: new Set([0, 1, 2]) });
    }
    expect(records[0]).toMatchObject({ temperature: 1 });
    for (const record of records.slice(1)) {
      expect(record).toMatchObject({ temperature: 2.5, maskRate: 1, masked: [3, 4, 5, 6, 7, 8, 9] });
      expect(record.ids.slice(0, 3)).toEqual(records[0]!.ids.slice(0, 3));
    }
  });

  test('with all positions pinned there is nothing to do', async () => {
    const control = { pinned: new Set([0, 1, 2]) };
    await expect(run({ length: 3, control })).rejects.toMatchObject({
      code: 'no-free-position',
      exitStatus: 2,
    });
  });
});

describe('a budget', () => {
  /** A clock that takes 10 ms a reading. */
  const ticking = () => {
    let time = 5000;
    return () => (time += 10);
  };

  test('ends the run at its time, after at least one sweep', async () => {
    const { records } = await run({ length: 6, budgetMs: 200, clock: ticking() });
    expect(records.length).toBeGreaterThan(2);
    expect(records.at(-1)!.elapsedMs).toBeLessThanOrEqual(220);
    expect(records.at(-1)!.temperature).toBeLessThan(records[1]!.temperature);
    expect((await run({ length: 6, budgetMs: 1, clock: ticking() })).records).toHaveLength(1);
  });

  test('counts the time of the resumed part', async () => {
    const { records } = await run({ length: 6, budgetMs: 200, clock: ticking() });
    const resumed = await run({ length: 6, budgetMs: 200, clock: ticking(), resume: records });
    expect(resumed.records).toEqual([]);
    expect(resumed.last).toEqual(records.at(-1));
  });
});

describe('refuses', () => {
  test.each<[string, AnnealOptions, string]>([
    ['length 0', { length: 0 }, 'option-out-of-range'],
    ['a fraction of a token', { length: 2.5 }, 'option-out-of-range'],
    ['a length beyond the context', { length: 65 }, 'context-too-long'],
    ['a length beyond all memory', { length: 1e15 }, 'context-too-long'],
    ['no free position', { length: 4, prompt: 'abcd' }, 'no-free-position'],
    ['prompt and suffix beyond the length', { length: 4, prompt: 'abc', suffix: 'abc' }, 'no-free-position'],
    ['a text without gap', { text: 'abc' }, 'no-free-position'],
    ['no sweeps', { length: 4, sweeps: 0 }, 'option-out-of-range'],
    ['a budget of nothing', { length: 4, budgetMs: 0 }, 'option-out-of-range'],
    ['an endless budget', { length: 4, budgetMs: Infinity }, 'option-out-of-range'],
    ['a seed beyond its range', { length: 4, seed: 2 ** 32 }, 'option-out-of-range'],
    ['endless spans', { length: 4, spanLength: Infinity }, 'option-out-of-range'],
    [
      'a mask rate of NaN',
      { length: 4, maskRate: { shape: 'linear', from: 1, to: Number.NaN } },
      'schedule-invalid',
    ],
    [
      'a mask rate above 1',
      { length: 4, maskRate: { shape: 'linear', from: 0.5, to: 1.5 } },
      'schedule-invalid',
    ],
    [
      'a negative temperature',
      { length: 4, temperature: { shape: 'constant', from: -1, to: -1 } },
      'schedule-invalid',
    ],
    [
      'schedules without points',
      { length: 4, acceptance: { shape: 'points', points: [] } },
      'schedule-invalid',
    ],
  ])('%s', async (_, options, code) => {
    await expect(run(options)).rejects.toMatchObject({
      code,
      exitStatus: 2,
      message: expect.stringMatching(/^Cannot anneal: /),
    });
  });

  test('a length that the AR model cannot read for the energy', async () => {
    await expect(run({ length: 12, suffix: 'abcd' }, letterModel({ capacity: 8 }))).rejects.toMatchObject({
      code: 'context-too-long',
    });
  });
});

test('an abort ends the run between two tokens, and the model is free again', async () => {
  const controller = new AbortController();
  const model = letterModel();
  const records: SweepRecord[] = [];
  const running = (async () => {
    for await (const event of anneal(model, { length: 8, sweeps: 5, signal: controller.signal })) {
      if (event.type === 'sweep-end') records.push(event);
      if (event.type === 'gap-filled' && records.length === 2) controller.abort();
    }
  })();
  await expect(running).rejects.toThrow(InterruptedError);
  expect(records).toHaveLength(2);
  expect((await run({ length: 8, sweeps: 5, resume: records }, model)).last.sweep).toBe(4);
});
