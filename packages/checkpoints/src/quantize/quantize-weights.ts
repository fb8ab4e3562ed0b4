// Models whose large matrices are read from quantised copies in the cache.
import {
  type Architecture,
  blockSize,
  type Int8Limit,
  type ModelPart,
  type QuantizedDType,
  type WeightSource,
} from '@maria/core';
import type { SingleModel } from '../pair/open-single.js';
import type { LogitMatrix } from '../pair/pair.js';
import type { Part, TracedPair } from '../pair/trace-pair.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { type AcquireCopyOptions, acquireCopy, type HeldCopy } from './acquire-copy.js';
import { type Columns, partName, QuantizationPlan } from './plan.js';

export interface WeightUses {
  /** All that weights are read from, under the names that messages give it. */
  readonly sources: ReadonlyMap<string, StoredTensors>;
  readonly parts: readonly Pick<ModelPart, 'weights' | 'program'>[];
  /** Halves of the head, and output embeddings. */
  readonly matrices: readonly LogitMatrix[];
}

export interface QuantizedWeights {
  /** The same tensors, from the copies. */
  weights(original: WeightSource): WeightSource;
  matrix(original: LogitMatrix): LogitMatrix;
  /** Lets others remove the copies, once they are not used any more. */
  release(): void;
}

export interface QuantizeOptions extends AcquireCopyOptions {
  /** Hears of copies that are made anew, and of models of which nothing can be quantised: those stay as they are. */
  onNote?: (message: string) => void;
  /** Largest integer of an int8 weight. @default 127 */
  int8Limit?: Int8Limit | undefined;
}

function nothingQuantized(what: readonly string[]): string {
  return `Nothing of ${what.join(' and ')} is quantised: no matrix there has rows of a multiple of ${blockSize} numbers.`;
}

/** @throws as acquireCopy does */
export async function quantizeWeights(
  uses: WeightUses,
  scheme: QuantizedDType,
  { int8Limit: limit = 127, ...options }: QuantizeOptions = {},
): Promise<QuantizedWeights> {
  const form = scheme === 'int8' ? ({ scheme, limit } as const) : { scheme };
  const held = new Map<WeightSource, PlannedCopy>();
  const kept: string[] = [];
  const release = () => {
    for (const { copy } of held.values()) copy.release();
  };
  try {
    const plans = plansOf(uses, scheme);
    for (const [what, source] of uses.sources) {
      const plan = plans.get(source)!;
      const tensors = plan.tensors();
      if (tensors.some(({ axis }) => axis !== undefined))
        held.set(source, { plan, copy: await acquireCopy(source, tensors, form, options) });
      else kept.push(what);
    }
    if (kept.length > 0) options.onNote?.(nothingQuantized(kept));
  } catch (error) {
    release();
    throw error;
  }
  return {
    release,
    weights: (original) => viewOf(original, [...held.values()]),
    matrix(original) {
      const copy = held.get(original.source)?.copy.copy;
      if (!copy) return original;
      const columns = columnsOf(original, scheme);
      const part = columns && partName(original.weight, columns);
      if (part === undefined || !copy.get(part)) return { ...original, source: copy };
      const { firstColumn: _, ...rest } = original;
      return { ...rest, source: copy, weight: part };
    },
  };
}

/** A pair on quantised copies, and what lets others remove the copies. @throws as acquireCopy does */
export async function quantizePair(
  pair: TracedPair,
  scheme: QuantizedDType,
  options?: QuantizeOptions,
): Promise<{ readonly pair: TracedPair; release(): void }> {
  const { ar, mlm, head } = pair;
  const { weights, matrix, release } = await quantizeWeights(usesOf(pair), scheme, options);
  const part = <A extends Architecture>(original: Part<A>): Part<A> => ({
    ...original,
    weights: weights(original.weights),
    expert: original.expert && matrix(original.expert),
  });
  return {
    pair: {
      ...pair,
      ar: part(ar),
      mlm: part(mlm),
      head: { ...head, ar: matrix(head.ar), mlm: matrix(head.mlm) },
    },
    release,
  };
}

/** Names of the tensors that are read of each source. Checkpoints hold others too, masks for example. */
export function namesInUse(uses: WeightUses): ReadonlyMap<StoredTensors, ReadonlySet<string>> {
  return new Map(
    [...plansOf(uses, 'int4')].map(([source, plan]) => [
      source,
      new Set(plan.tensors().map(({ from }) => from)),
    ]),
  );
}

export function usesOf({ ar, mlm, head, sources }: TracedPair): WeightUses {
  const experts = [ar.expert, mlm.expert].flatMap((expert) => expert ?? []);
  return { sources, parts: [ar, mlm], matrices: [head.ar, head.mlm, ...experts] };
}

/** What is read of a model alone. */
export function usesOfSingle({ checkpoint, expert, ...part }: SingleModel & ModelPart): WeightUses {
  const what = part.architecture.kind === 'causal' ? 'the AR model' : 'the MLM';
  return { sources: new Map([[what, checkpoint.weights]]), parts: [part], matrices: [expert] };
}

/** What of each source is used. */
function plansOf(
  { sources, parts, matrices }: WeightUses,
  scheme: QuantizedDType,
): Map<StoredTensors, QuantizationPlan> {
  const planOf = (source: StoredTensors) => {
    const plan = new QuantizationPlan(source, scheme);
    for (const { program, weights } of parts) plan.addProgram(program, weights);
    for (const matrix of matrices) {
      if (matrix.source !== source) continue;
      plan.addMatrix(matrix.weight, columnsOf(matrix, scheme));
      if (matrix.bias !== undefined) plan.addKept(matrix.bias);
    }
    return plan;
  };
  return new Map([...sources.values()].map((source) => [source, planOf(source)]));
}

/** The columns of a matrix that are a part of their own: those that a half of the head uses, where it does not use all of them; in int8 always. */
function columnsOf(
  { source, weight, hiddenSize, firstColumn = 0 }: LogitMatrix,
  scheme: QuantizedDType,
): Columns | undefined {
  const width = source.get(weight)!.shape[1]!;
  return width === hiddenSize && scheme === 'int4' ? undefined : [firstColumn, firstColumn + hiddenSize];
}

interface PlannedCopy {
  readonly plan: QuantizationPlan;
  readonly copy: HeldCopy;
}

/** The tensors of a checkpoint, or of a view of one, from the copies where they have them. */
function viewOf(view: WeightSource, copies: readonly PlannedCopy[]): WeightSource {
  const find = (name: string) => {
    for (const { plan, copy } of copies) {
      const stored = plan.nameIn(view, name);
      const tensor = stored === undefined ? undefined : copy.copy.get(stored);
      if (tensor) return { copy: copy.copy, stored: tensor.name, tensor: { ...tensor, name } };
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
