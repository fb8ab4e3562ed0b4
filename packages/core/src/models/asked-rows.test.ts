// The end of a model for the rows that are asked for: the same numbers, and no product for the others.
import { describe, expect, it } from 'vitest';
import { slotInputs } from '../ops/lane-attention.js';
import { linearOp } from '../ops/linear.js';
import { matmulOp } from '../ops/matmul.js';
import type { Inputs } from '../tensor/backend.js';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { int32 } from '../tensor/values.js';
import { askedPlaces, spread } from './asked-rows.js';
import { smallConfig } from './family-configs.test.support.js';
import { packedInputs } from './packed-sequences.js';
import { forwardShapes } from './parameter-shapes.js';
import { tracePart } from './part.js';
import { familyNames, readArchitecture } from './registry.js';
import { randomTensors } from './tiny-checkpoint.test.support.js';

const ids = Int32Array.of(3, 1, 4, 1, 5, 9, 2);

describe.each(familyNames)('%s', (modelType) => {
  const architecture = readArchitecture(smallConfig(modelType), 'config.json');
  const source = weightsInMemory(randomTensors(Object.fromEntries(forwardShapes(architecture))));
  const { program } = tracePart(architecture, source, { capacity: 24 });
  const hiddenOf = (asked: Int32Array) => {
    const inputs: Inputs = {
      ...packedInputs([ids]),
      ...slotInputs([{ rowCount: ids.length, pastLength: 0 }]),
      asked: int32(asked),
    };
    const given = Object.fromEntries([...program.inputs.keys()].map((name) => [name, inputs[name]!]));
    const { hidden } = compileReference(program, source, {}).runSync(given);
    return { rows: asked.length, columns: architecture.sizes.hiddenSize, data: hidden!.data as Float32Array };
  };

  it('has the same numbers in these rows', () => {
    const all = hiddenOf(Int32Array.from(ids.keys()));
    const some = hiddenOf(Int32Array.of(1, 4, 6));
    for (const [i, place] of [1, 4, 6].entries())
      expect([...some.data.subarray(i * some.columns, (i + 1) * some.columns)]).toEqual([
        ...all.data.subarray(place * all.columns, (place + 1) * all.columns),
      ]);
  });

  it('multiplies only them after the last attention', () => {
    const products = program.nodes.filter(({ op }) => op === linearOp || op === matmulOp);
    const cut = products.filter(({ shape }) => shape[1] === 'asked');
    // What attention gave, and the MLP; then a head's transform, in some.
    expect(cut.length).toBeGreaterThanOrEqual(3);
    expect(cut.length).toBeLessThan(products.length / 2 + 1);
  });
});

it('counts the places of rows over all sequences, and gives each back to its own', () => {
  const places = askedPlaces([
    { count: 3, asked: [0, 2] },
    { count: 2, asked: [] },
    { count: 2, asked: undefined },
  ]);
  expect([...places]).toEqual([0, 2, 5, 6]);
  const all = spread(7, { rows: 4, columns: 1, data: Float32Array.of(1, 2, 3, 4) }, places);
  expect([...all.data]).toEqual([1, 0, 2, 0, 0, 3, 4]);
  expect([...askedPlaces([{ count: 3, asked: [] }])]).toEqual([0]);
});
