// What a run's inputs must be: the declared dtypes and shapes, and lengths that fit the KV cache.
import { isDeepStrictEqual } from 'node:util';
import {
  bindShape,
  DeviceError,
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
  type Tensor,
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

/** Reads from a program how many rows the table has that an input picks rows of, by the input's name. */
export function tableRowsOf(program: Program): ReadonlyMap<string, number> {
  const names = new Map([...program.inputs].map(([name, tensor]) => [tensor, name]));
  const picks = program.nodes.filter((node) => isOp(node, ops.embeddingOp));
  const tableRows = new Map<string, number>();
  for (const { inputs } of picks) {
    const [ids, table] = inputs as readonly [Tensor, Tensor];
    const name = names.get(ids);
    const [rows] = table.shape;
    // Of several tables each has to have the row.
    if (name !== undefined && typeof rows === 'number')
      tableRows.set(name, Math.min(rows, tableRows.get(name) ?? rows));
  }
  return tableRows;
}

/** Kernels read something for an id that is in no table: those of the CPU for ids below 0, those of devices for all. @throws DeviceError */
export function checkIds(tableRows: ReadonlyMap<string, number>, inputs: Inputs): void {
  for (const [name, rows] of tableRows) {
    const bad = inputs[name]!.data.find((id) => id < 0 || id >= rows);
    if (bad !== undefined)
      throw new DeviceError(
        'run-failed',
        `Cannot run the program: id ${bad} of "${name}" is outside of a table of ${rows} rows.`,
      );
  }
}

/** How a program uses its KV caches: names of the inputs that tell of the sequences of a run, and what there is room for. */
export interface CacheUse {
  readonly inputs: { readonly lanes: string; readonly rowCounts: string; readonly pastLengths: string };
  /** The packed rows of all sequences. */
  readonly time: Dim;
  readonly lanes: number;
  readonly capacity: number;
}

/** Reads from a program how it uses its KV caches; undefined when it has none. @throws Error if its layers differ in that */
export function cacheUseOf(program: Program): CacheUse | undefined {
  const names = new Map([...program.inputs].map(([name, tensor]) => [tensor, name]));
  const uses = program.nodes.flatMap((node): CacheUse[] => {
    if (!isOp(node, ops.laneAttentionOp)) return [];
    const [q, , , keys] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor];
    const [lanes, rowCounts, pastLengths] = node.inputs.slice(5).map((tensor) => names.get(tensor));
    if (lanes === undefined || rowCounts === undefined || pastLengths === undefined)
      throw new Error('lanes, row counts and past lengths must be inputs of the program');
    return [
      {
        inputs: { lanes, rowCounts, pastLengths },
        time: q.shape[1]!,
        lanes: Number(keys.shape[0]),
        capacity: Number(keys.shape[2]),
      },
    ];
  });
  const [first, ...others] = uses;
  if (others.some((use) => !isDeepStrictEqual(use, first)))
    throw new Error('all layers of a program must use KV caches of one form, and of the same sequences');
  return first;
}

/** How a program packs sequences that no cache holds: the input that tells their lengths, and the dimension of their rows. */
export interface PackedUse {
  readonly lengths: string;
  readonly time: Dim;
}

/** Reads from a program how it packs sequences; undefined when it does not. @throws Error if its layers differ in that */
export function packedUseOf(program: Program): PackedUse | undefined {
  const nodes = program.nodes.filter((node) => isOp(node, ops.packedAttentionOp));
  const [first] = nodes;
  if (!first) return undefined;
  const [q, , , lengths] = first.inputs as readonly [Tensor, Tensor, Tensor, Tensor];
  const name = [...program.inputs].find(([, tensor]) => tensor === lengths)?.[0];
  if (name === undefined || nodes.some(({ inputs }) => inputs[3] !== lengths))
    throw new Error('the lengths of packed sequences must be one input of the program');
  return { lengths: name, time: q.shape[1]! };
}

/** Checks the lengths of a run: each sequence is in a lane of its own, after nothing. @throws ShapeError */
export function packedSlots(
  { lengths, time }: PackedUse,
  inputs: Inputs,
  bindings: DimBindings,
): readonly Slot[] {
  let first = 0;
  const slots = Array.from(inputs[lengths]!.data, (rowCount, lane): Slot => {
    if (rowCount < 1) throw new ShapeError(`input "${lengths}" has ${rowCount} for sequence ${lane}`);
    first += rowCount;
    return { lane, first: first - rowCount, rowCount, past: 0 };
  });
  requireRows(first, time, bindings);
  return slots;
}

function requireRows(rows: number, time: Dim, bindings: DimBindings): void {
  if (rows !== resolveDim(time, bindings))
    throw new ShapeError(
      `the sequences of a run have ${rows} rows, and ${resolveDim(time, bindings)} are given`,
    );
}

/** A sequence of a run. */
export interface Slot {
  readonly lane: number;
  /** Its first row among the packed ones. */
  readonly first: number;
  readonly rowCount: number;
  /** Tokens in its lane before the run. */
  readonly past: number;
}

/** Follows how many tokens each lane holds. The library writes beyond its end, or reads what never was written, without a word. */
export class LaneLengths {
  readonly #use: CacheUse;
  readonly #held: number[];

  constructor(use: CacheUse) {
    this.#use = use;
    this.#held = new Array<number>(use.lanes).fill(0);
  }

  /** Checks the lanes and lengths of a run. @throws ShapeError */
  check(inputs: Inputs, bindings: DimBindings): readonly Slot[] {
    const { inputs: names, time, capacity } = this.#use;
    const [lanes, rowCounts, pastLengths] = [names.lanes, names.rowCounts, names.pastLengths].map(
      (name) => inputs[name]!.data,
    );
    let first = 0;
    const slots = Array.from(lanes!, (lane, i): Slot => {
      const [rowCount, past] = [rowCounts![i]!, pastLengths![i]!];
      const held = this.#heldBy(lane);
      if (past < 0 || past > held)
        throw new ShapeError(
          `input "${names.pastLengths}" is ${past}, and the KV cache holds ${held} tokens`,
        );
      if (rowCount < 1) throw new ShapeError(`input "${names.rowCounts}" has ${rowCount} for lane ${lane}`);
      if (past + rowCount > capacity)
        throw new ShapeError(`a KV cache of ${capacity} tokens cannot hold ${rowCount} more after ${past}`);
      first += rowCount;
      return { lane, first: first - rowCount, rowCount, past };
    });
    if (new Set(lanes).size < slots.length) throw new ShapeError('two sequences of a run are in one lane');
    requireRows(first, time, bindings);
    return slots;
  }

  /** @throws ShapeError when `from` does not hold as many, or one of them is no lane */
  checkCopy(from: number, to: number, length: number): void {
    this.#heldBy(to);
    const held = this.#heldBy(from);
    if (!Number.isInteger(length) || length < 0 || length > held)
      throw new ShapeError(`cannot copy ${length} tokens of lane ${from}: it holds ${held}`);
  }

  hold(lane: number, length: number): void {
    this.#held[lane] = length;
  }

  #heldBy(lane: number): number {
    const held = this.#held[lane];
    if (held === undefined)
      throw new ShapeError(`there is no lane ${lane}: the KV cache has ${this.#use.lanes}`);
    return held;
  }
}
