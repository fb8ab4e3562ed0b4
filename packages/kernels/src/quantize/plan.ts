// Which tensors of a checkpoint are quantised, and along which axis: read from the programs that use them.
import {
  inputOp,
  isOp,
  isQuantized,
  ops,
  type Program,
  type Tensor,
  type WeightSource,
  weightOp,
} from '@maria/core';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { blockSize } from './scheme.js';

/** A tensor of a checkpoint, or some columns of it, and the form in which a quantised copy holds it. */
export interface PlannedTensor {
  /** Name in the copy. */
  readonly name: string;
  /** Name in the checkpoint. */
  readonly from: string;
  /** Columns of the stored matrix that are taken; all, if absent. */
  readonly columns?: Columns;
  /** Shape in the copy. */
  readonly shape: readonly number[];
  /** Axis of the blocks; absent for a tensor that is kept as it is stored. */
  readonly axis?: 0 | 1;
}

export type Columns = readonly [start: number, end: number];

/**
 * Quantised are matrices that are only ever used as the matrix of a linear layer or as the table of the input's tokens, if their
 * input axis is a multiple of the block size. All others stay as they are: norms, biases, tables of positions.
 */
export class QuantizationPlan {
  readonly #source: StoredTensors;
  readonly #namesByPlace: ReadonlyMap<string, string>;
  readonly #axes = new Map<string, 0 | 1 | undefined>();
  readonly #parts = new Map<string, PlannedTensor>();

  constructor(source: StoredTensors) {
    this.#source = source;
    this.#namesByPlace = new Map(
      [...source.entries.values()].map(({ name, file, offset }) => [`${offset} ${file}`, name]),
    );
  }

  /** Adds what a program uses of the source. @param weights the source, or a view of it under other names */
  addProgram(program: Program, weights: WeightSource): void {
    for (const node of program.nodes)
      node.inputs.forEach((tensor, index) => {
        if (!isOp(tensor, weightOp)) return;
        const name = this.nameIn(weights, tensor.attributes.name);
        if (name !== undefined) this.#use(name, blockAxis(node, index));
      });
  }

  /** Adds a matrix that a linear layer outside of the programs multiplies with: all of it, or some columns as a part of its own. */
  addMatrix(weight: string, columns?: Columns): void {
    if (!columns) {
      this.#use(weight, 1);
      return;
    }
    const name = partName(weight, columns);
    const [rows] = this.#source.get(weight)!.shape as [number, number];
    const part = planned(name, [rows, columns[1] - columns[0]], 1);
    if (part.axis === undefined) this.#use(weight, undefined);
    else this.#parts.set(name, { ...part, from: weight, columns });
  }

  /** Adds a tensor that is kept as it is. */
  addKept(name: string): void {
    this.#use(name, undefined);
  }

  /** The source's name of a tensor that a view of it calls `name`; undefined if it has none. */
  nameIn(view: WeightSource, name: string): string | undefined {
    const tensor = view.get(name);
    if (!tensor || isQuantized(tensor) || tensor.location.kind !== 'file') return undefined;
    return this.#namesByPlace.get(`${tensor.location.offset} ${tensor.location.file}`);
  }

  /** What was added, and nothing else. */
  tensors(): PlannedTensor[] {
    const whole = [...this.#axes].map(([name, axis]) => planned(name, this.#source.get(name)!.shape, axis));
    return [...whole, ...this.#parts.values()];
  }

  #use(name: string, axis: 0 | 1 | undefined): void {
    const agrees = !this.#axes.has(name) || this.#axes.get(name) === axis;
    this.#axes.set(name, agrees ? axis : undefined);
  }
}

/** Name, in a copy, of some columns of a matrix. */
export function partName(weight: string, [start, end]: Columns): string {
  return `${weight}[${start}:${end}]`;
}

/** The axis of a matrix along which its blocks run, if it is one that can be quantised. */
function planned(name: string, shape: readonly number[], axis: 0 | 1 | undefined): PlannedTensor {
  const fits = axis !== undefined && shape.length === 2 && shape[axis]! % blockSize === 0;
  return { name, from: name, shape, ...(fits && { axis }) };
}

/** The axis along which a kernel reads blocks of input `index` of a node; undefined where none can. */
function blockAxis(node: Tensor, index: number): 0 | 1 | undefined {
  if (index !== 1) return undefined;
  if (isOp(node, ops.linearOp)) return 1;
  if (isOp(node, ops.matmulOp)) return node.attributes.transposeB ? 1 : 0;
  if (isOp(node, ops.embeddingOp) && isOp(node.inputs[0]!, inputOp)) return 1;
  return undefined;
}
