// A pair whose large matrices are read from quantised copies in the cache.
import {
  type Architecture,
  type HeadMatrix,
  input,
  type QuantizedDType,
  trace,
  type WeightSource,
  Weights,
} from '@maria/core';
import type { Pair, Part } from '../pair/pair.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { type AcquireCopyOptions, acquireCopy, type HeldCopy } from './acquire-copy.js';
import { type Columns, partName, QuantizationPlan } from './plan.js';

export interface QuantizedPair {
  readonly pair: Pair;
  /** Lets others remove the copies, once the pair is not used any more. */
  release(): void;
}

type HeadHalf = HeadMatrix & { readonly hiddenSize: number };

/** @throws as acquireCopy does */
export async function quantizePair(
  pair: Pair,
  scheme: QuantizedDType,
  options: AcquireCopyOptions = {},
): Promise<QuantizedPair> {
  const held = new Map<StoredTensors, { plan: QuantizationPlan; copy: HeldCopy }>();
  const release = () => {
    for (const { copy } of held.values()) copy.release();
  };
  try {
    for (const source of pair.sources.values()) {
      const plan = planOf(pair, source);
      const planned = plan.tensors();
      if (planned.length > 0)
        held.set(source, { plan, copy: await acquireCopy(source, planned, scheme, options) });
    }
  } catch (error) {
    release();
    throw error;
  }
  const half = (matrix: HeadHalf): HeadHalf => {
    const copy = held.get(matrix.source as StoredTensors)?.copy.copy;
    if (!copy) return matrix;
    const columns = columnsOf(matrix);
    if (!columns) return { ...matrix, source: copy };
    const { firstColumn: _, ...rest } = matrix;
    return { ...rest, source: copy, weight: partName(matrix.weight, columns) };
  };
  const part = <A extends Architecture>(original: Part<A>): Part<A> => ({
    ...original,
    weights: viewOf(original.weights, [...held.values()]),
    expert: original.expert && half(original.expert),
  });
  const { ar, mlm } = pair.head;
  return {
    pair: {
      ...pair,
      ar: part(pair.ar),
      mlm: part(pair.mlm),
      head: { ...pair.head, ar: half(ar), mlm: half(mlm) },
    },
    release,
  };
}

/** What of one source the programs of the pair read. */
function planOf(pair: Pair, source: StoredTensors): QuantizationPlan {
  const plan = new QuantizationPlan(source);
  for (const { architecture, weights } of [pair.ar, pair.mlm]) {
    const ids = input('ids', [1, 'time'], 'int32');
    const program = trace({
      hidden: architecture.forward(new Weights(weights, architecture.tensorNames), ids),
    });
    plan.addProgram(program, weights);
  }
  const { head, ar, mlm } = pair;
  for (const matrix of [head.ar, head.mlm, ar.expert, mlm.expert]) {
    if (matrix?.source !== source) continue;
    plan.addMatrix(matrix.weight, columnsOf(matrix));
    if (matrix.bias !== undefined) plan.addKept(matrix.bias);
  }
  return plan;
}

/** The columns of a matrix that a half of the head uses, where it does not use all of them. */
function columnsOf({ source, weight, hiddenSize, firstColumn = 0 }: HeadHalf): Columns | undefined {
  const width = source.get(weight)!.shape[1]!;
  return width === hiddenSize ? undefined : [firstColumn, firstColumn + hiddenSize];
}

/** The tensors of a view, from the copies where they have them. */
function viewOf(
  view: WeightSource,
  held: readonly { plan: QuantizationPlan; copy: HeldCopy }[],
): WeightSource {
  const find = (name: string) => {
    for (const { plan, copy } of held) {
      const stored = plan.nameIn(view, name);
      const tensor = stored === undefined ? undefined : copy.copy.get(stored);
      if (tensor) return { copy: copy.copy, stored: stored!, tensor: { ...tensor, name } };
    }
    return undefined;
  };
  return {
    get: (name) => find(name)?.tensor ?? view.get(name),
    names: () => view.names(),
    read: (name, length) => {
      const found = find(name);
      return found ? found.copy.read(found.stored, length) : view.read(name, length);
    },
  };
}
