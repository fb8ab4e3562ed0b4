// Lanes of a causal model on every backend: whatever is read beside it, a sequence has the numbers that it has alone.
import {
  type Backend,
  type CausalModel,
  createCausalModel,
  type LaneRead,
  laneOf,
  type RunningModel,
  randomKey,
  readArchitecture,
  tracePart,
} from '@maria/core';
import { type BackendName, backendNames, chooseBackend } from '@maria/kernels';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import { isSimulated } from './backends.js';
import { maxDifference } from './golden-files.js';
import { randomWeights } from './random-weights.js';

const capacity = 12;

function openModel(backend: Backend, modelType: string, lanes: number): Promise<CausalModel & RunningModel> {
  const architecture = readArchitecture(smallConfig(modelType), 'config.json');
  if (architecture.kind !== 'causal') throw new Error(`${modelType} is causal`);
  const part = tracePart(architecture, randomWeights(architecture), { capacity, lanes });
  return createCausalModel(backend, part);
}

const idsOf = (seed: number, length: number) =>
  Int32Array.from({ length }, (_, i) => Math.floor(23 * randomKey(seed).uniform(i, 0)));

/** `exact` where a row must have the same bits, beside whatever and in whatever chunks it is read. */
interface Setup {
  readonly name: BackendName;
  readonly threads: number;
  readonly exact: boolean;
  readonly family: string;
}
// Every token sees all before it in one, the last few in the other, where scores are bounded too.
const setups = ['llama', 'gemma2'].flatMap((family) =>
  backendNames.flatMap((name): Setup[] =>
    (name === 'ort' ? [1, 2] : [1]).map((threads) => ({ name, threads, exact: name === 'ort', family })),
  ),
);

describe.each(setups)('lanes of $family on $name, $threads threads', ({ name, threads, exact, family }) => {
  let backend: Backend;
  let model: CausalModel & RunningModel;
  let alone: CausalModel & RunningModel;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: name, threads });
    [model, alone] = await Promise.all([openModel(backend, family, 5), openModel(backend, family, 1)]);
  });
  afterAll(() => {
    model.dispose();
    alone.dispose();
  });

  const expectSame = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
    if (exact) expect(Array.from(actual)).toEqual(Array.from(expected));
    else expect(maxDifference(actual, expected)).toBeLessThan(2e-5);
  };

  /** Rows of the tokens of a sequence from `start` on, read alone in one pass. */
  const rowsAlone = async (ids: readonly number[], start: number) => {
    alone.truncate(0, 0);
    const { data, columns } = await laneOf(alone, 0).extend(Int32Array.from(ids));
    return data.slice(start * columns);
  };

  /** Reads, and expects of each lane what its sequence gives alone. */
  const extend = async (held: number[][], reads: readonly LaneRead[], of = model) => {
    const { data, rows, columns } = await of.extend(reads);
    expect(rows).toBe(reads.reduce((total, { ids }) => total + ids.length, 0));
    const actual = data.slice();
    let at = 0;
    for (const { lane, ids } of reads) {
      const start = held[lane]!.length;
      held[lane]!.push(...ids);
      expect(of.length(lane)).toBe(held[lane]!.length);
      const end = at + ids.length;
      expectSame(actual.subarray(at * columns, end * columns), await rowsAlone(held[lane]!, start));
      at = end;
    }
  };

  const clear = (): number[][] => {
    for (let lane = 0; lane < model.lanes; lane++) model.truncate(lane, 0);
    return Array.from({ length: model.lanes }, () => []);
  };

  it('random reads, cuts and copies equal sequences read alone', async () => {
    const lane = fc.nat({ max: 4 });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.uniqueArray(fc.tuple(lane, fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          selector: ([l]) => l,
        }),
      },
      { weight: 1, arbitrary: fc.record({ cut: lane, fraction }) },
      { weight: 1, arbitrary: fc.record({ from: lane, to: lane, fraction }) },
    );
    let seed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const held = clear();
        for (const each of steps) {
          if ('cut' in each) {
            const length = Math.floor(each.fraction * held[each.cut]!.length);
            model.truncate(each.cut, length);
            held[each.cut]!.length = length;
          } else if ('from' in each) {
            const length = Math.floor(each.fraction * held[each.from]!.length);
            await model.copy(each.from, each.to, length);
            held[each.to] = held[each.from]!.slice(0, length);
            expect(model.length(each.to)).toBe(length);
          } else {
            const reads = each.map(([of, count]) => ({ lane: of, ids: idsOf(seed++, count) }));
            const fitting = reads.filter(({ lane: of, ids }) => held[of]!.length + ids.length <= capacity);
            if (fitting.length > 0) await extend(held, fitting);
          }
        }
      }),
      { numRuns: isSimulated(name) ? 4 : 25, seed: 7 },
    );
  });

  it('a lane is filled to its capacity by single tokens beside others, cut, and used again', async () => {
    const held = clear();
    await extend(held, [{ lane: 3, ids: idsOf(1, capacity) }]);
    for (let i = 0; i < capacity; i++)
      await extend(held, [
        { lane: 2, ids: idsOf(10 + i, 1) },
        ...(i < 3 ? [{ lane: 0, ids: idsOf(30 + i, i + 1) }] : []),
      ]);
    await expect(
      model.extend([
        { lane: 0, ids: idsOf(1, 1) },
        { lane: 2, ids: idsOf(1, 1) },
      ]),
    ).rejects.toMatchObject({
      code: 'context-too-long',
    });
    expect([0, 2, 3].map((lane) => model.length(lane))).toEqual([6, capacity, capacity]);
    // The neighbour of the full one is as it was.
    model.truncate(3, 7);
    held[3]!.length = 7;
    await extend(held, [{ lane: 3, ids: idsOf(2, 2) }]);
    model.truncate(2, 0);
    held[2] = [];
    await extend(held, [{ lane: 2, ids: idsOf(3, 5) }]);
  });

  it('a copy does not follow its source, nor the source its copy', async () => {
    const held = clear();
    await extend(held, [{ lane: 0, ids: idsOf(4, 6) }]);
    await model.copy(0, 4, 4);
    held[4] = held[0]!.slice(0, 4);
    model.truncate(0, 2);
    held[0]!.length = 2;
    await extend(held, [
      { lane: 0, ids: idsOf(5, 3) },
      { lane: 4, ids: idsOf(6, 1) },
    ]);
    await extend(held, [
      { lane: 4, ids: idsOf(7, 2) },
      { lane: 0, ids: idsOf(8, 1) },
    ]);
    model.truncate(4, 3);
    held[4]!.length = 3;
    await extend(held, [
      { lane: 4, ids: idsOf(9, 2) },
      { lane: 0, ids: idsOf(10, 1) },
    ]);
  });

  it.skipIf(name === 'reference')(
    'an interrupted pass leaves its lanes as they were, and others go on',
    async () => {
      const held = clear();
      await extend(held, [
        { lane: 0, ids: idsOf(9, 3) },
        { lane: 1, ids: idsOf(10, 2) },
      ]);
      const pass = model.extend([
        { lane: 1, ids: idsOf(11, 4) },
        { lane: 0, ids: idsOf(12, 2) },
      ]);
      model.interrupt();
      await expect(pass).rejects.toMatchObject({ code: 'interrupted' });
      expect([model.length(0), model.length(1)]).toEqual([3, 2]);
      await extend(held, [
        { lane: 2, ids: idsOf(13, 3) },
        { lane: 1, ids: idsOf(14, 1) },
      ]);
      await extend(held, [{ lane: 0, ids: idsOf(15, 2) }]);
    },
  );

  it.skipIf(name === 'reference')('refuses a bad id, and goes on', async () => {
    const held = clear();
    await extend(held, [{ lane: 0, ids: idsOf(16, 3) }]);
    await expect(
      model.extend([
        { lane: 0, ids: idsOf(17, 2) },
        { lane: 1, ids: Int32Array.of(1, 5000) },
      ]),
    ).rejects.toMatchObject({ code: 'run-failed' });
    expect([model.length(0), model.length(1)]).toEqual([3, 0]);
    await extend(held, [
      { lane: 1, ids: idsOf(18, 2) },
      { lane: 0, ids: idsOf(19, 1) },
    ]);
  });

  it('64 lanes in one pass', async () => {
    const many = await openModel(backend, family, 64);
    expect(many.cacheBytes).toBe(64 * alone.cacheBytes);
    const held = Array.from({ length: 64 }, (): number[] => []);
    const all = (seed: number, counts: number) =>
      held.map((_, lane) => ({ lane, ids: idsOf(seed + lane, 1 + (lane % counts)) })).reverse();
    await extend(held, all(100, 3), many);
    await extend(held, all(200, 1), many);
    await extend(held, [{ lane: 63, ids: idsOf(1, 2) }], many);
    many.dispose();
  });
});

it('refuses reads that make no sense', async () => {
  const model = await openModel(await chooseBackend({ backend: 'reference' }), 'gpt2', 2);
  const ids = idsOf(1, 2);
  await expect(model.extend([])).rejects.toThrow('at least one read');
  await expect(model.extend([{ lane: 0, ids: new Int32Array() }])).rejects.toThrow('lane 0 has none');
  await expect(
    model.extend([
      { lane: 1, ids },
      { lane: 1, ids },
    ]),
  ).rejects.toThrow('read once in a pass');
  await expect(model.extend([{ lane: 2, ids }])).rejects.toThrow('there is no lane 2: the model has 2');
  await expect(model.copy(0, 1, 1)).rejects.toThrow('cannot copy 1 tokens of lane 0: it holds 0');
  await expect(model.copy(0, -1, 0)).rejects.toThrow('there is no lane -1');
  expect(() => model.truncate(0, 1)).toThrow('cannot keep 1 tokens of lane 0: it holds 0');
  expect([model.length(0), model.length(1)]).toEqual([0, 0]);
});
