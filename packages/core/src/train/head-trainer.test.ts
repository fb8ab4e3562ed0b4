// The head trainer: blocks and chunks change nothing, clipping, going on from moments, and gradients that are not finite.
import { describe, expect, it } from 'vitest';
import { type HeadArrays, randomHead } from '../maria/initialize.js';
import { objectiveOf } from '../maria/objective.js';
import { randomKey } from '../random.js';
import { referenceBackend } from '../tensor/evaluate.js';
import { createHeadTrainer, type HeadTrainerOptions, type HiddenRows } from './head-trainer.js';

const V = 23;
const sizes = { ar: 5, mlm: 3 };

function rows(count: number, seed = 1): HiddenRows {
  const key = randomKey(seed);
  const matrix = (columns: number, stream: number) => ({
    rows: count,
    columns,
    data: Float32Array.from({ length: count * columns }, (_, i) => key.normal(stream, i)),
  });
  const targets = Int32Array.from({ length: count }, (_, i) => Math.floor(V * key.uniform(2, i)));
  return { ar: matrix(sizes.ar, 0), mlm: matrix(sizes.mlm, 1), targets };
}

const head = () => randomHead(sizes, V, 7);
const create = (options: Partial<HeadTrainerOptions> = {}) =>
  createHeadTrainer(referenceBackend(), { head: head(), ...options });

function expectSameHead(actual: HeadArrays, expected: HeadArrays, tolerance = 0) {
  for (const part of ['ar', 'mlm', 'bias'] as const)
    expected[part].forEach((x, i) => {
      if (!(Math.abs(actual[part][i]! - x) <= tolerance))
        throw new Error(`${part}[${i}] is ${actual[part][i]} for ${x}`);
    });
}

describe('createHeadTrainer', () => {
  it.each([{ chunk: 4 }, { blockRows: 1 }, { blockRows: 10, chunk: 3 }])(
    'gives the same with %o',
    async (options) => {
      const [plain, other] = [await create(), await create(options)];
      for (const trainer of [plain, other]) {
        for (const seed of [1, 2]) {
          await trainer.accumulate(rows(9, seed));
          await trainer.accumulate(rows(2, seed + 10));
          await trainer.update(0.01);
        }
      }
      expectSameHead(await other.head(), await plain.head(), 1e-6);
      expect(await other.losses(rows(5))).toEqual(await plain.losses(rows(5)));
    },
  );

  it('learns what it is shown', async () => {
    const trainer = await create({ optimizer: { weightDecay: 0 } });
    const batch = rows(12);
    const before = objectiveOf(await trainer.losses(batch));
    expect(before.loss).toBeCloseTo(Math.log(V), 0);
    for (let step = 0; step < 60; step++) {
      await trainer.accumulate(batch);
      await trainer.update(0.05);
    }
    expect(objectiveOf(await trainer.losses(batch)).loss).toBeLessThan(0.2);
    expect(trainer.steps).toBe(60);
  });

  it('clips by the norm of the whole mean gradient', async () => {
    const [free, clipped, loose] = [
      await create(),
      await create({ clip: 0.01 }),
      await create({ clip: 100 }),
    ];
    const norms: number[] = [];
    for (const trainer of [free, clipped, loose]) {
      await trainer.accumulate(rows(8));
      norms.push(await trainer.update(0.01));
    }
    const gradient = await free.gradient();
    const all = [...gradient.ar, ...gradient.mlm, ...gradient.bias];
    expect(norms[0]).toBeCloseTo(Math.hypot(...all) / 8, 6);
    expect(norms).toEqual([norms[0], norms[0], norms[0]]);
    expectSameHead(await loose.head(), await free.head());
    const moments = await clipped.moments();
    (await free.moments()).first.ar.forEach((m, i) => {
      expect(moments.first.ar[i]).toBeCloseTo((m * 0.01) / norms[0]!, 7);
    });
  });

  it('goes on from moments as if it had not stopped', async () => {
    const whole = await create();
    const first = await create();
    for (const trainer of [whole, first]) {
      await trainer.accumulate(rows(6));
      await trainer.update(0.01);
    }
    const second = await create({
      head: await first.head(),
      start: { steps: first.steps, moments: await first.moments() },
    });
    for (const trainer of [whole, second]) {
      await trainer.accumulate(rows(6, 2));
      await trainer.update(0.01);
    }
    expectSameHead(await second.head(), await whole.head());
    expect(second.steps).toBe(2);
  });

  it('forgets what was discarded', async () => {
    const [once, twice] = [await create(), await create()];
    await twice.accumulate(rows(5, 3));
    twice.discard();
    for (const trainer of [once, twice]) {
      await trainer.accumulate(rows(4));
      await trainer.update(0.01);
    }
    expectSameHead(await twice.head(), await once.head());
  });

  it('takes no step along a gradient that is not finite, or without one', async () => {
    const trainer = await create();
    await expect(trainer.update(0.1)).rejects.toThrow('accumulate first');
    const bad = rows(3);
    bad.ar.data[4] = Number.NaN;
    await trainer.accumulate(bad);
    await expect(trainer.update(0.1)).rejects.toMatchObject({
      code: 'diverged',
      message: 'Cannot take step 1: the norm of the gradient is NaN.',
    });
    expectSameHead(await trainer.head(), head());
    expect(trainer.steps).toBe(0);
  });

  it('refuses targets that are outside of the head, and adds nothing', async () => {
    const [trainer, other] = [await create(), await create()];
    for (const one of [trainer, other]) await one.accumulate(rows(9));
    for (const target of [V, -1]) {
      const bad = { ...rows(2), targets: Int32Array.of(0, target) };
      const expected = `target ${target} is outside a head of ${V} ids`;
      await expect(trainer.accumulate(bad)).rejects.toThrow(expected);
      await expect(trainer.losses(bad)).rejects.toThrow(expected);
    }
    for (const one of [trainer, other]) await one.update(0.01);
    expectSameHead(await trainer.head(), await other.head());
  });

  it('begins a step anew after a run that broke off', async () => {
    const [trainer, other] = [await create(), await create()];
    await trainer.accumulate(rows(4, 2));
    const narrow = rows(2);
    await expect(trainer.accumulate({ ...narrow, ar: narrow.mlm })).rejects.toThrow();
    for (const one of [trainer, other]) {
      await one.accumulate(rows(9));
      await one.update(0.01);
    }
    expectSameHead(await trainer.head(), await other.head());
  });

  it('takes no tokens at all', async () => {
    const trainer = await create();
    expect(await trainer.accumulate(rows(0))).toEqual(new Float64Array(0));
  });
});
