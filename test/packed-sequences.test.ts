// Several sequences in one call of an MLM, on every backend: each has the numbers that it has alone, whatever is read beside it.
import {
  type Backend,
  createMaskedModel,
  familyNames,
  type MaskedArchitecture,
  type MaskedModel,
  type RunningModel,
  randomKey,
  readArchitecture,
  tracePart,
} from '@maria/core';
import { type BackendName, backendNames, chooseBackend } from '@maria/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallConfig } from '../packages/core/src/models/family-configs.test.support.js';
import './backends.js';
import { maxDifference } from './golden-files.js';
import { randomWeights } from './random-weights.js';

const architectures = new Map(
  familyNames
    .map((name) => [name, readArchitecture(smallConfig(name), 'config.json')] as const)
    .filter((entry): entry is [string, MaskedArchitecture] => entry[1].kind === 'masked'),
);

function openModel(backend: Backend, architecture: MaskedArchitecture): Promise<MaskedModel & RunningModel> {
  return createMaskedModel(backend, tracePart(architecture, randomWeights(architecture)));
}

const idsOf = (seed: number, length: number) =>
  Int32Array.from({ length }, (_, i) => Math.floor(23 * randomKey(seed).uniform(i, 0)));

/** Ragged, a sequence of one token among the first, middle and last. */
const lengths = [1, 20, 7, 3, 1, 16, 2, 33, 1];
const sequences = lengths.map((length, seed) => idsOf(seed, length));

/** `exact` where a sequence must have the same bits beside others. */
interface Setup {
  readonly name: BackendName;
  readonly threads: number;
  readonly exact: boolean;
}
const setups = backendNames.flatMap((name): Setup[] =>
  (name === 'ort' ? [1, 2] : [1]).map((threads) => ({ name, threads, exact: name.startsWith('ort') })),
);

describe.each(setups)('on $name, $threads threads', ({ name, threads, exact }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await chooseBackend({ backend: name, threads });
  });

  const expectSame = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
    if (exact) expect(Array.from(actual)).toEqual(Array.from(expected));
    else expect(maxDifference(actual, expected)).toBeLessThan(2e-5);
  };

  describe.each([...architectures])('%s', (_, architecture) => {
    let model: MaskedModel & RunningModel;
    let alone: readonly Float32Array[];
    beforeAll(async () => {
      model = await openModel(backend, architecture);
      const read: Float32Array[] = [];
      for (const ids of sequences) read.push((await model.encode([ids]))[0]!.data.slice());
      alone = read;
    });
    afterAll(() => model.dispose());

    it.each([0, 1, 2, 4, 5, 8, 9])('%d sequences', async (count) => {
      const encoded = await model.encode(sequences.slice(0, count));
      expect(encoded.map(({ rows }) => rows)).toEqual(lengths.slice(0, count));
      encoded.forEach(({ data, rows, columns }, i) => {
        expect([rows * columns, columns]).toEqual([data.length, model.hiddenSize]);
        expectSame(data, alone[i]!);
      });
    });

    it('in another order, the same sequence twice, and again after a longer pass', async () => {
      const order = [8, 7, 1, 1, 0, 6];
      const first = (await model.encode(order.map((i) => sequences[i]!))).map(({ data }) => data.slice());
      order.forEach((i, at) => {
        expectSame(first[at]!, alone[i]!);
      });
      await model.encode(sequences);
      const again = await model.encode(order.map((i) => sequences[i]!));
      again.forEach(({ data }, at) => {
        expectSame(data, alone[order[at]!]!);
      });
    });
  });

  it('more tokens than a pass takes, in order', async () => {
    const long = { ...smallConfig('modernbert'), max_position_embeddings: 80 };
    const model = await openModel(backend, readArchitecture(long, 'config.json') as MaskedArchitecture);
    const many = Array.from({ length: 7 }, (_, seed) => idsOf(seed, 80 - seed));
    const encoded = await model.encode(many);
    for (const [i, { data }] of encoded.entries()) {
      const together = data.slice();
      const separate = await openAlone(model, many[i]!);
      expectSame(together, separate);
    }
    model.dispose();
  });

  it('one that is long among short ones', async () => {
    const long = { ...smallConfig('modernbert'), max_position_embeddings: 300 };
    const model = await openModel(backend, readArchitecture(long, 'config.json') as MaskedArchitecture);
    const mixed = [9, 20, 5, 300, 7, 3, 11, 2].map((length, seed) => idsOf(seed, length));
    const together = (await model.encode(mixed)).map(({ data }) => data.slice());
    for (const [i, ids] of mixed.entries()) expectSame(together[i]!, await openAlone(model, ids));
    model.dispose();
  });

  it('refuses one that is too long, and goes on after an interruption', async () => {
    const model = await openModel(backend, architectures.get('modernbert')!);
    const five = sequences.slice(0, 5);
    await expect(model.encode([...five, idsOf(0, 41)])).rejects.toMatchObject({ code: 'context-too-long' });
    if (name !== 'reference') {
      const run = model.encode(five);
      model.interrupt();
      await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    }
    const encoded = await model.encode(five);
    expect(encoded.map(({ rows }) => rows)).toEqual(lengths.slice(0, 5));
    model.dispose();
  });
});

async function openAlone(model: MaskedModel, ids: Int32Array): Promise<Float32Array> {
  return (await model.encode([ids]))[0]!.data.slice();
}
