// The throughput benchmark on a pair of random weights: what is counted, and what adds up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@maria/checkpoints';
import { InterruptedError, type MariaModel } from '@maria/core';
import { chooseBackend } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWeightReader } from '../weight-reading.js';
import { throughputChart } from './chart.js';
import { stepWeights, weightRead } from './decode-step.js';
import { fits, maskedSequence } from './masked-sequence.js';
import { miniPair } from './mini-pair.test.support.js';
import { randomPair } from './random-pair.js';
import {
  benchmarkThroughput,
  type LoadedForm,
  type Speculate,
  systemNames,
  type ThroughputOptions,
  type ThroughputRecord,
} from './run-throughput.js';

const cache = mkdtempSync(join(tmpdir(), 'maria-throughput-'));
let model: MariaModel;
const lanes = 3;

beforeAll(async () => {
  model = await loadModel({ ...(await randomPair(miniPair, { folder: cache })), threads: 1, lanes });
});
afterAll(() => {
  model.dispose();
  rmSync(cache, { recursive: true });
});

/** A millisecond passes with each look at the clock. */
function ticking() {
  let now = 0;
  return () => ++now;
}

/** Time passes in the parts of the model only: a millisecond with each call. */
function tickingParts(): { clock: () => number; model: MariaModel } {
  let now = 0;
  const ticks =
    <A extends unknown[], R>(call: (...parameters: A) => Promise<R>) =>
    async (...parameters: A) => {
      const result = await call(...parameters);
      now++;
      return result;
    };
  const { ar, mlm, head, experts } = model;
  return {
    clock: () => now,
    model: {
      ...model,
      ar: { ...ar, extend: ticks((reads) => ar.extend(reads)) },
      mlm: { ...mlm, encode: ticks((ids) => mlm.encode(ids)) },
      head: {
        arLogits: ticks((hidden) => head.arLogits(hidden)),
        mlmLogits: ticks((hidden) => head.mlmLogits(hidden)),
      },
      experts: {
        ar: { logits: ticks((hidden) => experts.ar!.logits(hidden)) },
        mlm: { logits: ticks((hidden) => experts.mlm!.logits(hidden)) },
      },
    },
  };
}

async function recordsOf(
  options: Partial<ThroughputOptions> = {},
  more: readonly LoadedForm[] = [],
  measured = model,
) {
  const records: ThroughputRecord[] = [];
  const all = {
    systems: systemNames,
    lengths: [18],
    maskRate: 0.5,
    repetitions: 3,
    warmUp: 1,
    seed: 0,
    timeLimit: 1e9,
    clock: ticking(),
    ...options,
  };
  const form: LoadedForm = { quantize: 'none', model: measured, loadMs: 5 };
  for await (const record of await benchmarkThroughput([form, ...more], all)) records.push(record);
  return records;
}

describe('a masked sequence', () => {
  const sequence = (seed: number, maskRate = 0.5) => maskedSequence(model, { length: 18, maskRate, seed });

  test('has the mask rate exactly, no special tokens, and is the same for the same seed', () => {
    const { ids, positions } = sequence(1);
    // [CLS] and [SEP] are two of the eighteen.
    expect(ids).toHaveLength(16);
    expect(positions).toHaveLength(8);
    expect([...positions].sort((a, b) => a - b)).toEqual(positions);
    const { maskId, specialIds } = model.vocabulary;
    for (const [i, id] of ids.entries()) {
      expect(id === maskId).toBe(positions.includes(i));
      expect(specialIds.has(id)).toBe(id === maskId);
    }
    expect(sequence(1)).toEqual({ ids, positions });
    expect(sequence(2)).not.toEqual({ ids, positions });
  });

  test('may be masked as a whole after a document start, and needs one gap', () => {
    expect(sequence(0, 1).positions).toHaveLength(16);
    expect(() => sequence(0, 0.01)).toThrow(RangeError);
  });

  test('fits where both models can read it', () => {
    expect([64, 65].map((length) => fits(model, length))).toEqual([true, false]);
  });
});

describe('the weights that a decode step multiplies', () => {
  // Two layers of q, k, v, o and a gated MLP, and the rows of the head that both models have.
  const elements = 2 * (4 * 16 * 16 + 3 * 16 * 24) + 64 * 16;

  test.each([
    ['none', 4, 4],
    ['int4', 0.75, 0.625],
    ['int8', 1, 1],
  ] as const)(
    'are those of the AR model and its half of the head, in memory and in a file: %s',
    (quantize, bytes, storedBytes) => {
      expect(stepWeights(miniPair, quantize)).toEqual({
        bytes: bytes * elements,
        storedBytes: storedBytes * elements,
      });
    },
  );

  test('are compared with the time of reading them', async () => {
    const [record] = await recordsOf({ systems: ['maria'], repetitions: 1 });
    const weights = { bytes: 1000, storedBytes: 800 };
    expect(weightRead(record!, weights, 50)).toEqual({ ...weights, ms: 20, ratio: record!.stepMs.min / 20 });
  });

  test('are read at a speed', async () => {
    const reader = await createWeightReader(await chooseBackend({ backend: 'ort' }), 100_000);
    // Thirteen rows of 2048 numbers, in one tick.
    expect(await reader.measure({ warmUp: 1, repetitions: 2, clock: ticking() })).toBe(13 * 2048 * 4);
    reader.dispose();
  });
});

describe('records', () => {
  test('there is one for each length and system, with its passes, and its times add up', async () => {
    const { clock, model: measured } = tickingParts();
    const records = await recordsOf({ lengths: [10, 18], clock }, [], measured);
    expect(records.map(({ length, system }) => [length, system])).toEqual(
      [10, 18].flatMap((length) => systemNames.map((system) => [length, system])),
    );
    for (const record of records) {
      const { system, length, gaps, filled, passes, msPerGap, stepMs, gapsPerSecond, time, memory } = record;
      expect(record).toMatchObject({ maskRate: 0.5, seed: 0, repetitions: 3, texts: 1, batch: 1 });
      expect(record).toMatchObject({ speculate: 'off', drafted: 0, accepted: 0, window: 0 });
      expect(gaps).toBe((length - 2) / 2);
      expect(filled).toBe(gaps);
      expect(passes).toEqual(
        {
          maria: { mlm: 1, ar: gaps },
          'mlm-autoregressive': { mlm: gaps, ar: 0 },
          ar: { mlm: 0, ar: gaps },
        }[system],
      );
      const { load, mlm, ar, head, sampling, copies } = time;
      expect(load).toBe(5);
      // A call of a part takes one tick.
      expect([mlm, ar]).toEqual([passes.mlm, passes.ar]);
      expect(head).toBe(system === 'maria' ? gaps + 1 : gaps);
      expect([sampling, copies]).toEqual([0, 0]);
      expect(stepMs.min).toBeGreaterThan(0);
      expect(stepMs.median).toBeLessThanOrEqual(msPerGap.median);
      expect((mlm + ar + head + sampling + copies) / filled).toBeCloseTo(msPerGap.median, 9);
      expect(msPerGap.min).toBeLessThanOrEqual(msPerGap.median);
      expect(gapsPerSecond).toBeCloseTo(1000 / msPerGap.median, 9);
      // Half of the tokens are gaps.
      expect(record.tokensPerSecond).toBeCloseTo(2 * gapsPerSecond, 9);
      // Of each lane keys and values of two layers, 64 tokens and one that is dropped, of 16 numbers.
      expect(memory.kvCache).toBe(lanes * 2 * 2 * 65 * 16 * 4);
      expect(memory.peakRss).toBeGreaterThan(1e7);
    }
  });

  test('forms of the pair take turns in each round, the other way round in every second, and are compared with the first', async () => {
    const turns: string[] = [];
    const form = (quantize: 'int4' | 'int8', slower: number): LoadedForm => ({
      quantize,
      loadMs: slower,
      model: {
        ...model,
        // A run of `ar` begins with an empty cache.
        ar: {
          ...model.ar,
          extend: (reads) => {
            turns.push(quantize);
            for (let i = 0; i < slower; i++) clock();
            return model.ar.extend(reads);
          },
        },
      },
    });
    const clock = ticking();
    const records = await recordsOf(
      { systems: ['mlm-autoregressive', 'ar'], lengths: [10, 18], repetitions: 2, warmUp: 0, clock },
      [form('int4', 10), form('int8', 20)],
    );
    const [none, int4, int8] = records.filter(({ system, length }) => system === 'ar' && length === 18);
    expect([none, int4, int8].map((record) => record!.quantize)).toEqual(['none', 'int4', 'int8']);
    expect([none, int4, int8].map((record) => record!.time.load)).toEqual([5, 10, 20]);
    expect(none).not.toHaveProperty('speedup');
    for (const [slow, by] of [
      [int4!, 10],
      [int8!, 20],
    ] as const) {
      expect(slow.msPerGap.median).toBeCloseTo(none!.msPerGap.median + by, 9);
      expect(slow.speedup).toBeCloseTo(none!.msPerGap.median / slow.msPerGap.median, 9);
    }
    const [four, eight] = [4, 8].map((gaps) => [
      ...new Array<string>(gaps).fill('int4'),
      ...new Array<string>(gaps).fill('int8'),
    ]);
    expect(turns).toEqual([...four!, ...four!.toReversed(), ...eight!, ...eight!.toReversed()]);
    const [, mlmAlone] = records.filter(({ system }) => system === 'mlm-autoregressive');
    expect(mlmAlone).toMatchObject({ quantize: 'int4', speedup: 1 });
  });

  test('batches fill as many texts as they take at once, in fewer passes', async () => {
    const [one, three] = await recordsOf({ systems: ['maria'], batches: [1, 3], repetitions: 1 });
    expect(one).toMatchObject({ batch: 1, texts: 1, gaps: 8, filled: 8, passes: { mlm: 1, ar: 8 } });
    expect(three).toMatchObject({ batch: 3, texts: 3, gaps: 24, filled: 24 });
    // Lanes share passes as far as they ask at the same time.
    expect(three!.passes.ar).toBeLessThan(20);
    expect(three!.passes.mlm).toBeLessThanOrEqual(3);
    expect(three!.speedup).toBeCloseTo(three!.gapsPerSecond / one!.gapsPerSecond, 9);
  });

  test('auto fills as many texts as the model has lanes, and uses as many of them as pay', async () => {
    const [one, auto] = await recordsOf({ systems: ['maria'], batches: [1, 'auto'], repetitions: 2 });
    expect(one).toMatchObject({ batch: 1, texts: 1 });
    expect(auto).toMatchObject({ batch: 'auto', texts: model.ar.lanes, filled: 8 * model.ar.lanes });
  });

  test('are compared repetition by repetition', async () => {
    let now = 0;
    let runs = 0;
    // The machine becomes slower with each run.
    const clock = () => now;
    const encode: MariaModel['mlm']['encode'] = (...parameters) => {
      now += 10 * ++runs;
      return model.mlm.encode(...parameters);
    };
    const options = {
      systems: ['maria'] as const,
      speculates: ['off', 0] as const,
      repetitions: 2,
      warmUp: 0,
    };
    const [, other] = await recordsOf({ ...options, clock }, [], { ...model, mlm: { ...model.mlm, encode } });
    // 10 and 20 ms, then 40 and 30 in the other order.
    expect(other!.speedup).toBeCloseTo((10 / 20 + 40 / 30) / 2, 9);
  });

  test('drafts of a simulated quality are right as often as it says', async () => {
    const records = await recordsOf({
      systems: ['maria', 'ar'],
      lengths: [62],
      batches: [2],
      speculates: ['off', 4],
      acceptances: [0, 0.5, 1],
      repetitions: 1,
    });
    expect(records.map(({ system, speculate, acceptance }) => [system, speculate, acceptance])).toEqual([
      ['maria', 'off', undefined],
      ['maria', 4, 0],
      ['maria', 4, 0.5],
      ['maria', 4, 1],
      ['ar', 'off', undefined],
    ]);
    const [off, never, half, always] = records;
    expect(off).toMatchObject({ drafted: 0, accepted: 0, window: 0 });
    expect(never!.accepted).toBe(0);
    expect(never!.drafted).toBeGreaterThan(0);
    expect(half!.accepted).toBeGreaterThan(0);
    expect(half!.accepted).toBeLessThan(half!.drafted);
    // Where rows are not exact, a near tie is decided alone and its window is drafted again.
    expect(always!.filled).toBe(60);
    expect(always!.accepted).toBeGreaterThan(0.8 * always!.drafted);
    expect(always!.passes.ar).toBeLessThan(half!.passes.ar);
    expect(half!.passes.ar).toBeLessThan(never!.passes.ar);
  });

  test('tokens are drawn at a temperature, and simulated drafts know which', async () => {
    const options = { systems: ['maria'] as const, lengths: [62], repetitions: 1 };
    const drafts = { speculates: [4], acceptances: [1] };
    const [drawn] = await recordsOf({ ...options, ...drafts, temperature: 2 });
    expect(drawn).toMatchObject({ temperature: 2, filled: 30 });
    expect(drawn!.accepted).toBeGreaterThan(0.8 * drawn!.drafted);
    // It is what chooses tokens that is told of it.
    await expect(recordsOf({ ...options, temperature: -1 })).rejects.toMatchObject({
      code: 'option-out-of-range',
    });
  });

  test('texts are filled in place of random tokens, all in each run', async () => {
    // The tokenizer of random weights reads no text: here each character is a token.
    const encode = async (text: string) => Int32Array.from(text, (character) => Number(character) + 10);
    const read: MariaModel = { ...model, vocabulary: { ...model.vocabulary, encode } };
    const options = { systems: ['maria'] as const, batches: [2], repetitions: 1 };
    const [record] = await recordsOf({ ...options, texts: ['01234567', '', '0123'] }, [], read);
    // With [CLS] and [SEP]; half of eight and of four.
    expect(record).toMatchObject({ texts: 2, batch: 2, length: 8, gaps: 6, filled: 6 });
    await expect(recordsOf({ texts: [''] }, [], read)).rejects.toMatchObject({ code: 'no-gap' });
  });

  test('a run whose time is over ends with the gap in hand, and says so', async () => {
    for (const { gaps, filled, passes, system } of await recordsOf({ timeLimit: 1, repetitions: 2 })) {
      expect(gaps).toBe(8);
      expect(filled).toBe(1);
      expect(passes.mlm + passes.ar).toBe(system === 'maria' ? 2 : 1);
    }
  });

  test('a length that a model cannot read is refused before anything is run', async () => {
    const clock = () => expect.unreachable();
    await expect(recordsOf({ lengths: [18, 80], clock })).rejects.toMatchObject({ code: 'context-too-long' });
  });

  test('an aborted run stops', async () => {
    await expect(recordsOf({ signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
  });

  test('are drawn as a line for each system', async () => {
    const svg = throughputChart(await recordsOf({ lengths: [10, 18], repetitions: 1 }), 'mini');
    expect(svg).toContain('Throughput of mini at mask rate 0.5');
    for (const system of systemNames) expect(svg).toContain(`>${system}</text>`);
    expect(svg.match(/<polyline /g)).toHaveLength(3);
  });

  test('are drawn as a line for each quantisation too, where there are several', async () => {
    const int4: LoadedForm = { quantize: 'int4', model, loadMs: 1 };
    const options = { systems: ['maria', 'ar'] as const, lengths: [10, 18], repetitions: 1 };
    const svg = throughputChart(await recordsOf(options, [int4]), 'mini');
    for (const name of ['maria, none', 'maria, int4', 'ar, none', 'ar, int4'])
      expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/<polyline /g)).toHaveLength(4);
  });

  test('of several windows are drawn over those, and over acceptance', async () => {
    const [base] = await recordsOf({ systems: ['maria'], repetitions: 1 });
    const drawn = (speculate: Speculate, acceptance?: number, window = 0): ThroughputRecord => ({
      ...base!,
      speculate,
      window,
      ...(acceptance !== undefined && { acceptance }),
    });
    const of = (acceptance: number) => [
      drawn(2, acceptance, 2),
      drawn(4, acceptance, 4),
      drawn('auto', acceptance, 3),
    ];
    const svg = throughputChart([drawn('off'), ...of(0.4), ...of(0.8)], 'mini');
    expect(svg).toContain('Throughput over the window of mini');
    expect(svg).toContain('Throughput over acceptance of mini');
    const names = ['acceptance 0.4', 'acceptance 0.8', 'speculate 2', 'speculate 4', 'speculate auto'];
    for (const name of names) expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/>auto<\/text>/g)).toHaveLength(2);
    // Two lines over the window, three over acceptance: what auto chose is a point without a line.
    expect(svg.match(/<polyline /g)).toHaveLength(5);
    expect(throughputChart([drawn('off'), drawn(2, undefined, 2)], 'mini').match(/<polyline /g)).toHaveLength(
      1,
    );
  });
});
