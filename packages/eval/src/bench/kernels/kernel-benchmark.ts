// What a kernel benchmark is: an op as a program, the shapes at which it is run, and the reference that it is held to.
import {
  type Inputs,
  type Program,
  type VariableMemory,
  type WeightSource,
  weightsInMemory,
} from '@maria/core';
import type { Scratch } from '../scratch.js';

export interface KernelBenchmark {
  readonly kernel: string;
  /** The model whose shapes these are. */
  readonly model: string;
  /** Computes the output `result`. */
  readonly program: Program;
  data(scratch: Scratch): Promise<KernelData>;
  readonly reference: KernelReference;
  /** Largest difference to the reference, as a part of the largest value. @default that of rounding */
  readonly tolerance?: number;
  /** In the order in which they run: a KV cache grows from one to the next. */
  readonly cases: readonly KernelCase[];
}

/** What a program reads besides its inputs. */
export interface KernelData {
  readonly weights: WeightSource;
  /** Large values are variables and not inputs, for inputs are copied. */
  readonly variables: VariableMemory;
}

/** What the reference evaluation computes of each result: all of it, or some of its columns where all would take minutes. */
export interface KernelReference {
  readonly program: Program;
  data(all: KernelData): KernelData;
  /** Of a few rows of the result after the other: all of them at once would take too long for one turn of the event loop. */
  inputs(all: Inputs): Iterable<Inputs>;
  /** Indices on the result's last axis; `undefined` for all. */
  readonly columns: readonly number[] | undefined;
}

export const noData: KernelData = { weights: weightsInMemory({}), variables: {} };

export interface KernelCase {
  readonly label: string;
  /** The sizes in the label, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Runs before the one that counts: they fill the KV cache. */
  before(): Iterable<Inputs>;
  inputs(): Inputs;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Bytes that one run cannot do without: each operand read once, the result written once. */
  readonly bytes: number;
}

/** Products of two numbers in one piece. */
const productsOfPiece = 2 ** 22;

/** The input `x` [rows, in], a few rows at a time. @param columns of the reference's result */
export function* rowsOfX({ x }: Inputs, columns: number): Generator<Inputs> {
  const [rows, width] = x!.shape as [number, number];
  const most = Math.max(1, Math.floor(productsOfPiece / (width * columns)));
  for (let row = 0; row < rows; row += most) {
    const end = Math.min(rows, row + most);
    yield { x: { ...x!, shape: [end - row, width], data: x!.data.subarray(row * width, end * width) } };
  }
}

/** About `count` indices below `length`, evenly spread, the first and the last among them. */
export function spread(length: number, count: number): number[] {
  const n = Math.min(length, count);
  return Array.from({ length: n }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, n - 1)));
}
