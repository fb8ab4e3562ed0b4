// Kernels whose rows hang, in their last digits, on what is computed beside them: texts and scores must not.
import { describe, expect, it } from 'vitest';
import { anneal } from '../anneal/anneal.js';
import { letterModel, logitAfter, maskId } from '../anneal/letter-model.test.support.js';
import type { ModelWith, PairPart } from '../maria/model.js';
import type { LaneRead } from '../models/causal-model.js';
import { randomKey } from '../random.js';
import type { Matrix } from '../tensor/values.js';
import { infill } from './infill.js';
import { withShortlists } from './list-of-logits.test.support.js';
import type { InfillOptions } from './options.js';
import { score } from './score.js';

const columns = 10;
/** Four noises come together in a logit: far below what counts as close, far above the last digits. */
const noiseSize = 5e-5;

/**
 * The letter model with whole logits, so that many are equal, and noise in every row that follows from all that is computed in the
 * same pass, and from what that did to the rows before it in its lane.
 */
function noisyModel(lanes: number, rowsAreExact?: boolean): ModelWith<PairPart> {
  const letters = letterModel();
  const held = Array.from({ length: lanes }, () => ({ ids: [] as number[], passes: [] as number[] }));
  const noise = (pass: number, column: number) => noiseSize * (2 * randomKey(pass).uniform(column, 0) - 1);
  const whole = (logit: number) => Math.round(logit);
  const noisy = ({ data, rows, columns: width }: Matrix, pass: number): Matrix => ({
    rows,
    columns: width,
    data: data.map((value, i) => value + noise(pass + Math.floor(i / width), i % width)),
  });
  const half = ({ data, ...shape }: Matrix): Matrix => ({ ...shape, data: data.map((value) => value / 2) });
  return {
    ...letters,
    ...(rowsAreExact !== undefined && { rowsAreExact }),
    ar: {
      lanes,
      capacity: 64,
      cacheBytes: 0,
      hiddenSize: columns,
      vocabularySize: columns,
      length: (lane) => held[lane]!.ids.length,
      ids: (lane) => Int32Array.from(held[lane]!.ids),
      async extend(reads: readonly LaneRead[]) {
        await new Promise(setImmediate);
        const pass = reads.reduce((total, { ids }) => 31 * total + ids.length, 7);
        const data = reads.flatMap(({ lane, ids }) =>
          Array.from(ids).flatMap((id, row) => {
            const { ids: before, passes } = held[lane]!;
            before.push(id);
            passes.push(pass + row);
            // What the lane holds has noise of the passes that read it.
            const past = passes.reduce((a, b) => (33 * a + b) % 1_000_003, 1);
            return Array.from(
              { length: columns },
              (_, to) => whole(logitAfter(id, to)) + noise(pass + row, to) + noise(past, to),
            );
          }),
        );
        return { rows: data.length / columns, columns, data: Float32Array.from(data) };
      },
      truncate(lane, length) {
        held[lane]!.ids.length = length;
        held[lane]!.passes.length = length;
      },
      async copy(from, to, length) {
        held[to] = { ids: held[from]!.ids.slice(0, length), passes: held[from]!.passes.slice(0, length) };
      },
    },
    mlm: {
      ...letters.mlm,
      async encode(sequences) {
        const matrices = await letters.mlm.encode(sequences);
        return matrices.map((matrix, i) =>
          noisy({ ...matrix, data: matrix.data.map(whole) }, 100 * sequences.length + i),
        );
      },
    },
    head: {
      arLogits: async (hidden) => half(noisy(hidden, 1000 * hidden.rows)),
      mlmLogits: async (hidden) => half(noisy(hidden, 2000 * hidden.rows)),
    },
    experts: {
      ar: { logits: async (hidden) => noisy(hidden, 3000 * hidden.rows) },
      mlm: { logits: async (hidden) => noisy(hidden, 4000 * hidden.rows) },
    },
  };
}

const m = maskId;
const texts = [
  [0, m, 2, m, m, 3, m],
  [m, m, m, 1, 2, 3, m, m, m],
  [4, 4, m, 4, m, 4, m],
  [5, m, m, m, m, m, m, m],
  [0, 1, m, m, 2, 2, m, 6, m, m],
];

interface Setup {
  readonly lanes: number;
  readonly speculate: number | 'auto';
  readonly chunk?: number;
}
const setups: readonly Setup[] = [
  { lanes: 1, speculate: 0 },
  { lanes: 16, speculate: 0 },
  { lanes: 1, speculate: 8, chunk: 2 },
  { lanes: 16, speculate: 8 },
  { lanes: 3, speculate: 'auto' },
];

/** All texts, at once where there are lanes for them. */
async function fillAll(model: ModelWith<PairPart>, options: InfillOptions, atOnce: boolean) {
  const fill = async (ids: number[], record: number) => {
    const steps = infill(model, ids, { ...options, record });
    for (let step = await steps.next(); ; step = await steps.next())
      if (step.done) return step.value.samples.map((sample) => sample.ids);
  };
  if (atOnce) return Promise.all(texts.map(fill));
  const filled = [];
  for (const [record, ids] of texts.entries()) filled.push(await fill(ids, record));
  return filled;
}

/** The texts in each setup. */
async function inAll(
  options: InfillOptions,
  rowsAreExact: boolean,
  change = (model: ModelWith<PairPart>) => model,
) {
  const results = [];
  for (const { lanes, ...how } of setups) {
    const model = change(noisyModel(lanes, rowsAreExact));
    results.push(await fillAll(model, { ...options, ...how }, lanes > 1));
  }
  return results;
}

// Near ties decide at low temperatures too, where noise is added to them.
const samplings: readonly InfillOptions[] = [
  { temperature: 0 },
  ...Array.from({ length: 20 }, (_, seed) => ({ temperature: 0.0001, seed })),
  { temperature: 1, seed: 1, samples: 3 },
  { temperature: 0.0001, topK: 2, seed: 2 },
  { temperature: 0.0001, topP: 0.9, seed: 3 },
];

describe.each(['maria', 'ar', 'mlm'] as const)('the system %s', (system) => {
  it('fills the same texts in every batch, with and without drafts', async () => {
    for (const sampling of samplings) {
      const [first, ...others] = await inAll({ ...sampling, system }, false);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  it.runIf(system === 'maria')('does so by shortlists too', async () => {
    const filtered = [1, 2, 3, 4].flatMap((seed) => [
      { temperature: 1, topK: 3, seed },
      { temperature: 0.8, topP: 0.8, seed },
    ]);
    for (const sampling of [...samplings, ...filtered]) {
      const [first, ...others] = await inAll(sampling, false, withShortlists);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  it('would not, were near ties taken as they come', async () => {
    const differing = [];
    for (const sampling of samplings) {
      const [first, ...others] = await inAll({ ...sampling, system }, true);
      if (others.some((other) => JSON.stringify(other) !== JSON.stringify(first))) differing.push(sampling);
    }
    expect(differing.length).toBeGreaterThan(samplings.length / 2);
  });
});

describe('gaps of unknown length', () => {
  const compared = async (rowsAreExact: boolean) => {
    const results = [];
    for (const { lanes, ...how } of setups) {
      const model = noisyModel(lanes, rowsAreExact);
      const fill = async (seed: number) => {
        const gaps = [{ max: 3 }, { min: 1, max: 4 }];
        const steps = infill(model, [0, m, 2, m, m, 3, 1, m, 5], {
          gaps,
          temperature: 1,
          seed,
          samples: 2,
          ...how,
        });
        for (let step = await steps.next(); ; step = await steps.next())
          if (step.done)
            return { lengths: step.value.lengths, ids: step.value.samples.map(({ ids }) => ids) };
      };
      results.push(lanes > 1 ? await Promise.all([1, 2].map(fill)) : [await fill(1), await fill(2)]);
    }
    return results;
  };

  it('have the same scores, to the last digit, and texts in every batch', async () => {
    const [first, ...others] = await compared(false);
    for (const other of others) expect(other).toEqual(first);
  });

  it('would not, were they read beside others', async () => {
    const [first, ...others] = await compared(true);
    expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(first))).toBe(true);
  });
});

/** Of known texts, all at once. */
const scores = (model: ModelWith<PairPart>, atOnce: boolean) =>
  [5, 3, 4].reduce<Promise<number[][]>>(async (before, length) => {
    const items = Array.from({ length: 4 }, (_, i) => ({
      ids: Array.from({ length: length + i }, (_, at) => (at * 3 + i) % 8),
      masked: [1, 2],
    }));
    const done = await before;
    if (atOnce) {
      const all = await Promise.all(items.map((item) => score(model, item)));
      return [...done, ...all.map(({ perToken }) => [...perToken])];
    }
    for (const item of items) done.push([...(await score(model, item)).perToken]);
    return done;
  }, Promise.resolve([]));

describe('scores', () => {
  it('have the same digits in every batch', async () => {
    expect(await scores(noisyModel(16, false), true)).toEqual(await scores(noisyModel(1, false), false));
  });

  it('would not, were they read beside others', async () => {
    expect(await scores(noisyModel(16, true), true)).not.toEqual(await scores(noisyModel(1, true), false));
  });
});

/** The sweeps of three chains. */
async function chains(model: ModelWith<PairPart>, atOnce: boolean) {
  const run = async (chain: number) => {
    const sweeps = [];
    const options = { length: 12, sweeps: 6, seed: 4, clock: () => 0, selection: 'least-confident' } as const;
    for await (const event of anneal(model, { ...options, chain }))
      if (event.type === 'sweep-end') sweeps.push(event);
    return sweeps;
  };
  if (atOnce) return Promise.all([0, 1, 2].map(run));
  return [await run(0), await run(1), await run(2)];
}

describe('annealing', () => {
  it('has the same sweeps whatever runs beside it', async () => {
    expect(await chains(noisyModel(3, false), true)).toEqual(await chains(noisyModel(1, false), false));
  });

  it('would not, were it read beside others', async () => {
    expect(await chains(noisyModel(3, true), true)).not.toEqual(await chains(noisyModel(1, true), false));
  });
});
