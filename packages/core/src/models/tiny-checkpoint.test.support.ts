// Checkpoints of random numbers for the tests of this folder, and a family's hidden states computed from them.

import { slotInputs } from '../ops/lane-attention.js';
import { randomKey } from '../random.js';
import type { WeightSource } from '../tensor/backend.js';
import { compileReference, weightsInMemory } from '../tensor/evaluate.js';
import { input } from '../tensor/leaves.js';
import { trace } from '../tensor/program.js';
import { int32 } from '../tensor/values.js';
import { cacheSlots } from './cache-slots.js';
import type { Architecture } from './family.js';
import { readArchitecture } from './registry.js';
import { Weights } from './weights.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;
export type Tensors = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/** Normal numbers of deviation 0.4, those of norm scales (vectors named `weight`) around 1. */
export function randomTensors(shapes: Shapes, seed = 7): Tensors {
  const entries = Object.entries(shapes).map(([name, shape], stream) => {
    const key = randomKey(seed, stream);
    const center = shape.length === 1 && /weight$|gamma$/.test(name) ? 1 : 0;
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, (_, i) => center + 0.4 * key.normal(0, i));
    return [name, { shape, data }] as const;
  });
  return Object.fromEntries(entries);
}

/** A vector or the rows of a matrix, as plain numbers. */
export function plainTensors(tensors: Tensors) {
  const find = (name: string) => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`the test made no tensor "${name}"`);
    return tensor;
  };
  return {
    vector: (name: string): number[] => [...find(name).data],
    matrix: (name: string): number[][] => {
      const { shape, data } = find(name);
      const [rows, columns] = shape as [number, number];
      return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
    },
  };
}

/** Hidden states in float64: [ids.length][hiddenSize]. `chunks` feeds a decoder through its cache. */
export function hiddenStates(
  config: object,
  tensors: Tensors,
  ids: readonly number[],
  chunks?: readonly number[],
) {
  const architecture = readArchitecture(config, 'config.json');
  return hiddenStatesOf(architecture, weightsInMemory(tensors), ids, chunks);
}

function hiddenStatesOf(
  architecture: Architecture,
  source: WeightSource,
  ids: readonly number[],
  chunks?: readonly number[],
): number[][] {
  const weights = new Weights(source, architecture.tensorNames);
  const symbol = input('ids', [1, 'time'], 'int32');
  const cache =
    chunks && cacheSlots(architecture.sizes, { capacity: ids.length, lanes: 1, storage: 'float32' });
  const hidden =
    architecture.kind === 'causal'
      ? architecture.forward(weights, symbol, cache)
      : architecture.forward(weights, symbol);
  const program = compileReference(trace({ hidden }), source, { precision: 'float64' });
  const rows: number[][] = [];
  for (const length of chunks ?? [ids.length]) {
    const past = rows.length;
    const { hidden } = program.runSync({
      ids: int32(ids.slice(past, past + length), [1, length]),
      ...(cache && {
        ...slotInputs([{ rowCount: length, pastLength: past }]),
        positions: int32(Array.from({ length }, (_, i) => past + i)),
      }),
    });
    const width = hidden!.shape[2]!;
    for (let i = 0; i < length; i++) rows.push([...hidden!.data.subarray(i * width, (i + 1) * width)]);
  }
  return rows;
}

export function maxDifference(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  if (a.length !== b.length || a.some((row, i) => row.length !== b[i]!.length)) return Number.NaN;
  return Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));
}
