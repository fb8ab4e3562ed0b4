// Which tensors of a checkpoint are quantised, and along which axis: read from the programs that use them.
import {
  blockSize,
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
  readonly #axes = new Map<string, BlockAxis>();
  readonly #parts = new Map<string, PlannedTensor>();

  constructor(source: StoredTensors) {
    this.#source = source;
    this.#namesByPlace = new Map(
      [...source.entries.values()].map(({ name, file, offset }) => [`${offset} ${file}`, name]),
    );
  }

  /** Adds what a program uses of the source. @param weights the source, or a view of it under other names */
  addProgram(program: Program, weights: WeightSource): void {
    for (const [seen, axis] of blockAxes(program)) {
      const name = this.nameIn(weights, seen);
      if (name !== undefined) this.#use(name, axis);
    }
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

  #use(name: string, axis: BlockAxis): void {
    agree(this.#axes, name, axis);
  }
}

/** Name, in a copy, of some columns of a matrix. */
export function partName(weight: string, [start, end]: Columns): string {
  return `${weight}[${start}:${end}]`;
}

/** The axis along which the blocks of a weight can run; undefined where it has to stay as it is. */
export type BlockAxis = 0 | 1 | undefined;

/** For each weight of a program, by name: the axis along which all that use it can read blocks. */
export function blockAxes(program: Program): Map<string, BlockAxis> {
  const axes = new Map<string, BlockAxis>();
  for (const node of program.nodes)
    node.inputs.forEach((tensor, index) => {
      if (isOp(tensor, weightOp)) agree(axes, tensor.attributes.name, blockAxis(node, index));
    });
  return axes;
}

function agree(axes: Map<string, BlockAxis>, name: string, axis: BlockAxis): void {
  axes.set(name, !axes.has(name) || axes.get(name) === axis ? axis : undefined);
}

/** Whether blocks fill an axis of a tensor. */
export function fitsBlocks(shape: readonly number[], axis: BlockAxis): axis is 0 | 1 {
  return axis !== undefined && shape.length === 2 && shape[axis]! % blockSize === 0;
}

function planned(name: string, shape: readonly number[], axis: BlockAxis): PlannedTensor {
  return { name, from: name, shape, ...(fitsBlocks(shape, axis) && { axis }) };
}

function blockAxis(node: Tensor, index: number): BlockAxis {
  if (index !== 1) return undefined;
  if (isOp(node, ops.linearOp)) return 1;
  if (isOp(node, ops.matmulOp)) return node.attributes.transposeB ? 1 : 0;
  if (isOp(node, ops.embeddingOp) && isOp(node.inputs[0]!, inputOp)) return 1;
  return undefined;
}
