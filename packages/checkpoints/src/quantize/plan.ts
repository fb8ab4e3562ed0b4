// Which tensors of a checkpoint are quantised, and along which axis: read from the programs that use them.
import {
  blockSize,
  inputOp,
  isOp,
  isQuantized,
  ops,
  type Program,
  type QuantizedDType,
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
  /** Axis that products are summed over; absent for a tensor that is kept as it is stored. */
  readonly axis?: 0 | 1;
}

export type Columns = readonly [start: number, end: number];

/**
 * Quantised are matrices that are only ever used as the matrix of a linear layer. In int4 the table of the input's tokens is too, and
 * input axes have to be multiples of the block size; in int8 a table stays as it is, for only the rows that are read come into
 * memory, and an output matrix is a part of its own, tied or not. All others stay as they are: norms, biases, tables of positions.
 */
export class QuantizationPlan {
  readonly #source: StoredTensors;
  readonly #namesByPlace: ReadonlyMap<string, string>;
  readonly #scheme: QuantizedDType;
  readonly #axes = new Map<string, SummedAxis>();
  readonly #parts = new Map<string, PlannedTensor>();

  constructor(source: StoredTensors, scheme: QuantizedDType) {
    this.#source = source;
    this.#scheme = scheme;
    this.#namesByPlace = new Map(
      [...source.entries.values()].map(({ name, file, offset }) => [`${offset} ${file}`, name]),
    );
  }

  /** Adds what a program uses of the source. @param weights the source, or a view of it under other names */
  addProgram(program: Program, weights: WeightSource): void {
    for (const [seen, axis] of summedAxes(program, this.#scheme)) {
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
    const part = this.#planned(name, [rows, columns[1] - columns[0]], 1);
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
    const whole = [...this.#axes].map(([name, axis]) =>
      this.#planned(name, this.#source.get(name)!.shape, axis),
    );
    return [...whole, ...this.#parts.values()];
  }

  #planned(name: string, shape: readonly number[], axis: SummedAxis): PlannedTensor {
    return { name, from: name, shape, ...(canQuantize(shape, axis, this.#scheme) && { axis }) };
  }

  #use(name: string, axis: SummedAxis): void {
    agree(this.#axes, name, axis);
  }
}

/** Name, in a copy, of some columns of a matrix. */
export function partName(weight: string, [start, end]: Columns): string {
  return `${weight}[${start}:${end}]`;
}

/** The axis that all products with a weight are summed over; undefined where it has to stay as it is. */
export type SummedAxis = 0 | 1 | undefined;

/** That of each weight of a program, by name. */
export function summedAxes(program: Program, scheme: QuantizedDType): Map<string, SummedAxis> {
  const axes = new Map<string, SummedAxis>();
  for (const node of program.nodes)
    node.inputs.forEach((tensor, index) => {
      if (isOp(tensor, weightOp)) agree(axes, tensor.attributes.name, summedAxis(node, index, scheme));
    });
  return axes;
}

function agree(axes: Map<string, SummedAxis>, name: string, axis: SummedAxis): void {
  axes.set(name, !axes.has(name) || axes.get(name) === axis ? axis : undefined);
}

/** Whether a tensor can be held so. */
export function canQuantize(
  shape: readonly number[],
  axis: SummedAxis,
  scheme: QuantizedDType,
): axis is 0 | 1 {
  return axis !== undefined && shape.length === 2 && (scheme === 'int8' || shape[axis]! % blockSize === 0);
}

function summedAxis(node: Tensor, index: number, scheme: QuantizedDType): SummedAxis {
  if (index !== 1) return undefined;
  if (scheme === 'int4' && isOp(node, ops.embeddingOp) && isOp(node.inputs[0]!, inputOp)) return 1;
  return node.op.summedAxis?.(node.attributes);
}
