// The training loop on backbones that are tables: it learns, saves, evaluates, stops and goes on exactly.
import { describe, expect, it } from 'vitest';
import { randomHead } from '../maria/initialize.js';
import { type LaneRead, laneOf } from '../models/causal-model.js';
import { referenceBackend } from '../tensor/evaluate.js';
import type { Matrix } from '../tensor/values.js';
import { featuresOf, type HiddenStateCache } from './features.js';
import { createHeadTrainer, type HeadTrainer, type HeadTrainerOptions } from './head-trainer.js';
import { parseMasking } from './masking.js';
import { countingWindows, maskId, tableBackbones, vocabularySize } from './train.test.support.js';
import { type TrainEvent, type TrainHeadOptions, type TrainStep, trainHead } from './train-head.js';

const head = () => randomHead({ ar: 6, mlm: 6 }, vocabularySize, 1);
const newTrainer = (options: Partial<HeadTrainerOptions> = {}) =>
  createHeadTrainer(referenceBackend(), { head: head(), ...options });

interface Saved {
  step: number;
  options: Partial<HeadTrainerOptions>;
}

async function snapshot(trainer: HeadTrainer): Promise<Saved> {
  return {
    step: trainer.steps,
    options: structuredClone({
      head: await trainer.head(),
      start: { steps: trainer.steps, moments: await trainer.moments() },
    }),
  };
}

async function run(
  trainer: HeadTrainer,
  options: Partial<TrainHeadOptions<TrainStep>> = {},
  onEvent?: (event: TrainEvent<TrainStep>) => void,
) {
  const events: TrainEvent<TrainStep>[] = [];
  const saves: Saved[] = [];
  let error: unknown;
  try {
    const running = trainHead({
      trainer,
      backbones: tableBackbones(),
      windows: countingWindows(9, 8),
      tokens: [],
      masking: parseMasking('uniform'),
      seed: 3,
      batch: 4,
      learningRate: { peak: 0.03, schedule: 'cosine', warmup: 2, steps: 8 },
      saveEvery: 3,
      record: async (step) => step,
      save: async () => void saves.push(await snapshot(trainer)),
      ...options,
    });
    for await (const event of running) {
      events.push(event);
      onEvent?.(event);
    }
  } catch (thrown) {
    error = thrown;
  }
  const records = events.flatMap((event) => (event.type === 'step' ? [event.record] : []));
  return { events, records, saves, error };
}

describe('trainHead', () => {
  it('learns, and saves on the way and at the end', async () => {
    const steps = 60;
    const { records, saves, error } = await run(await newTrainer(), {
      learningRate: { peak: 0.05, schedule: 'cosine', warmup: 5, steps },
      saveEvery: 25,
      evaluation: { windows: countingWindows(3, 8), every: 20 },
    });
    expect(error).toBeUndefined();
    expect(records.map(({ step }) => step)).toEqual(Array.from({ length: steps + 1 }, (_, i) => i));
    expect(records[0]!.loss).toBeGreaterThan(2);
    expect(records.at(-1)!.loss).toBeLessThan(0.7);
    expect(records.filter(({ evalLoss }) => evalLoss !== undefined).map(({ step }) => step)).toEqual([
      0, 20, 40, 60,
    ]);
    expect(records.at(-1)!.evalLoss).toBeLessThan(records[0]!.evalLoss! / 2);
    expect(records.at(-1)!.learningRate).toBe(0);
    expect(saves.map(({ step }) => step)).toEqual([25, 50, 60]);
    for (const { tokens, maskedTokens } of records) expect(maskedTokens).toBeLessThanOrEqual(tokens);
  });

  it('has recorded all steps up to a save', async () => {
    const order: string[] = [];
    await run(await newTrainer(), {
      record: async (step) => {
        order.push(`step ${step.step}`);
        return step;
      },
      save: async () => void order.push('save'),
    });
    expect(order.filter((entry, i) => entry === 'save' || order[i + 1] === 'save')).toEqual([
      ...['step 3', 'save'],
      ...['step 6', 'save'],
      ...['step 8', 'save'],
    ]);
  });

  it('goes on from a save with the same bits', async () => {
    const evaluation = { windows: countingWindows(3, 8), every: 2 };
    const whole = await run(await newTrainer(), { evaluation });
    const middle = whole.saves.find(({ step }) => step === 3)!;
    const rest = await run(await newTrainer(middle.options), { evaluation });
    expect(rest.records).toEqual(whole.records.slice(3));
    expect(rest.saves.at(-1)).toEqual(whole.saves.at(-1));
  });

  it('evaluates the same masks whatever the seed', async () => {
    const evaluation = { windows: countingWindows(3, 8), every: 100 };
    const [a, b] = [
      await run(await newTrainer(), { evaluation }),
      await run(await newTrainer(), { evaluation, seed: 4 }),
    ];
    expect(b.records[0]!.evalLoss).toBe(a.records[0]!.evalLoss);
    expect(b.records[0]!.loss).not.toBe(a.records[0]!.loss);
  });

  it('saves what is done when it is stopped, and goes on from there', async () => {
    const whole = await run(await newTrainer());
    const controller = new AbortController();
    const trainer = await newTrainer();
    const stopped = await run(trainer, { signal: controller.signal }, (event) => {
      if (event.type === 'step' && event.record.step === 5) controller.abort();
    });
    expect(stopped.error).toMatchObject({ code: 'interrupted' });
    expect(stopped.saves.map(({ step }) => step)).toEqual([3, 5]);
    const rest = await run(await newTrainer(stopped.saves.at(-1)!.options));
    expect(rest.records).toEqual(whole.records.slice(5));
    expect(rest.saves.at(-1)).toEqual(whole.saves.at(-1));
  });

  it('stops in the middle of a step too, and before the first', async () => {
    const controller = new AbortController();
    const backbones = tableBackbones();
    const { encode } = backbones.mlm;
    let calls = 0;
    const slow = {
      ...backbones,
      mlm: {
        ...backbones.mlm,
        encode: async (sequences: readonly Int32Array[]) => {
          if (++calls === 4 * 4 + 2) controller.abort();
          return encode(sequences);
        },
      },
    };
    const stopped = await run(await newTrainer(), { signal: controller.signal, backbones: slow });
    expect(stopped.saves.map(({ step }) => step)).toEqual([3, 4]);
    const never = await run(await newTrainer(), { signal: AbortSignal.abort() });
    expect(never).toMatchObject({ error: { code: 'interrupted' }, events: [], saves: [] });
  });

  it('keeps the last good save when it diverges', async () => {
    const { error, saves, records } = await run(await newTrainer(), {
      learningRate: { peak: 1e4, schedule: 'constant', warmup: 0, steps: 8 },
      saveEvery: 1,
    });
    expect(error).toMatchObject({ code: 'diverged', exitStatus: 1 });
    expect(String(error)).toMatch(
      /Cannot go on training: the loss after 1 steps is .*, above 9\.9, with a learning rate of up to 10000/,
    );
    expect(saves).toEqual([]);
    expect(records).toHaveLength(1);
  });

  it('hands on an error of a save, and stops', async () => {
    const { error, records } = await run(await newTrainer(), {
      save: async () => {
        throw new Error('no space is left');
      },
    });
    expect(error).toMatchObject({ message: 'no space is left' });
    expect(records.at(-1)!.step).toBe(3);
  });
});

describe('featuresOf', () => {
  const ids = Int32Array.of(1, 2, 3, 4);

  it('pairs the token before a mask with the mask', async () => {
    const backbones = tableBackbones([0]);
    const { ar, mlm, targets } = await featuresOf(backbones, [{ ids, masked: [0, 2], window: 0 }]);
    expect(backbones.calls).toEqual({ ar: [[0, 1, 2, 3]], mlm: [[9, maskId, 2, maskId, 4, 10]] });
    expect([...targets]).toEqual([1, 3]);
    expect(ar.data).toEqual((await laneOf(backbones.ar, 0).extend(Int32Array.of(0, 2))).data);
    expect(mlm.rows).toBe(2);
  });

  it('reads the same without a token before the text', async () => {
    const backbones = tableBackbones([]);
    const { ar, targets } = await featuresOf(backbones, [{ ids, masked: [1, 3], window: 0 }]);
    expect(backbones.calls.ar).toEqual([[1, 2, 3]]);
    expect([...targets]).toEqual([2, 4]);
    expect(ar.data).toEqual((await laneOf(backbones.ar, 0).extend(Int32Array.of(1, 3))).data);
  });

  it('stops between reads', async () => {
    const controller = new AbortController();
    const backbones = tableBackbones();
    const { extend } = backbones.ar;
    const stopping = {
      ...backbones,
      ar: {
        ...backbones.ar,
        extend: (given: readonly LaneRead[]) => {
          controller.abort();
          return extend(given);
        },
      },
    };
    const items = [0, 1, 2].map((window) => ({ ids, masked: [1], window }));
    const { signal } = controller;
    await expect(featuresOf(stopping, items, { signal })).rejects.toMatchObject({ code: 'interrupted' });
    expect(backbones.calls).toMatchObject({ ar: { length: 1 }, mlm: [] });
  });

  it('asks the AR model once for a cached window', async () => {
    const held = new Map<number, Matrix>();
    const cache: HiddenStateCache = {
      read: async (window) => held.get(window),
      write: async (window, hidden) => void held.set(window, { ...hidden, data: hidden.data.slice() }),
    };
    const backbones = tableBackbones();
    const first = await featuresOf(backbones, [{ ids, masked: [1, 2], window: 7 }], { cache });
    const second = await featuresOf(backbones, [{ ids, masked: [1, 2], window: 7 }], { cache });
    expect(backbones.calls.ar).toHaveLength(1);
    expect(second).toEqual(first);
  });
});
