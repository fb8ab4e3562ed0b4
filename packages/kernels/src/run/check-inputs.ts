// What a run's inputs must be: the declared dtypes and shapes, and lengths that fit the KV cache.
import {
  bindShape,
  type Dim,
  type DimBindings,
  formatShape,
  type Inputs,
  isOp,
  numberOfElements,
  ops,
  type Program,
  resolveDim,
  resolveShape,
  ShapeError,
} from '@maria/core';
import type { GraphValue } from '../onnx/lowered-graph.js';

/** Checks the inputs of a run and returns what their symbolic lengths are. @throws ShapeError */
export function bindInputs(declared: readonly GraphValue[], inputs: Inputs): DimBindings {
  const bindings: Record<string, number> = {};
  for (const { name, dtype, shape } of declared) {
    const value = inputs[name];
    if (!value) throw new ShapeError(`input "${name}" is missing`);
    if (value.dtype !== dtype) throw new ShapeError(`input "${name}" is ${value.dtype}, expected ${dtype}`);
    bindShape(`input "${name}"`, shape, value.shape, bindings);
    if (value.data.length !== numberOfElements(value.shape))
      throw new ShapeError(
        `input "${name}" has ${value.data.length} elements, its shape ${formatShape(value.shape)} needs ${numberOfElements(value.shape)}`,
      );
  }
  // Products such as "batch*time" can be checked once all names are bound.
  for (const { name, shape } of declared)
    bindShape(`input "${name}"`, resolveShape(shape, bindings), inputs[name]!.shape, {});
  return bindings;
}

/** How a program uses its KV cache: each run adds `newTokens` after the first `input "pastLength"` of `capacity`. */
export interface CacheUse {
  readonly pastLength: string;
  readonly newTokens: Dim;
  readonly capacity: number;
}

/** Reads from a program how it uses its KV cache; undefined when it has none. @throws Error if its layers differ in that */
export function cacheUseOf(program: Program): CacheUse | undefined {
  const uses = program.nodes.flatMap((node): CacheUse[] => {
    if (!isOp(node, ops.cachedAttentionOp)) return [];
    const [, k, , keys, , pastLength] = node.inputs;
    const name = [...program.inputs].find(([, tensor]) => tensor === pastLength)?.[0];
    if (name === undefined) throw new Error('the length of a KV cache must be an input of the program');
    // k [1, time, heads × headSize], keys [1, kvHeads, capacity, headSize]
    return [{ pastLength: name, newTokens: k!.shape[1]!, capacity: Number(keys!.shape[2]) }];
  });
  const [first, ...others] = uses;
  for (const { pastLength, newTokens, capacity } of others)
    if (pastLength !== first!.pastLength || newTokens !== first!.newTokens || capacity !== first!.capacity)
      throw new Error('all layers of a program must use a KV cache of one length and capacity');
  return first;
}

/** Follows how many tokens a KV cache holds. The library writes beyond its end, or reads what never was written, without a word. */
export class CacheLength {
  readonly #use: CacheUse;
  #held = 0;

  constructor(use: CacheUse) {
    this.#use = use;
  }

  /** Checks the lengths of a run. Returns the tokens before and after it. @throws ShapeError */
  check(inputs: Inputs, bindings: DimBindings): { past: number; total: number } {
    const { pastLength, newTokens, capacity } = this.#use;
    const past = inputs[pastLength]!.data[0]!;
    const total = past + resolveDim(newTokens, bindings);
    if (!Number.isInteger(past) || past < 0 || past > this.#held)
      throw new ShapeError(`input "${pastLength}" is ${past}, and the KV cache holds ${this.#held} tokens`);
    if (total > capacity)
      throw new ShapeError(`a KV cache of ${capacity} tokens cannot hold ${total - past} more after ${past}`);
    return { past, total };
  }

  hold(length: number): void {
    this.#held = length;
  }
}
