// Parameters of a training run: their values, gradients and moments as arrays, which programs see in blocks of rows.
import type { VariableMemory } from '../tensor/backend.js';
import { variable } from '../tensor/leaves.js';
import { numberOfElements } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AdamWVariables } from './adamw.js';

/** A parameter to train; its value changes in place. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  /** Whether weight decay takes off of it. @default true */
  readonly decays?: boolean;
}

/** What training has of a parameter. */
export const parameterKinds = ['value', 'gradient', 'first', 'second'] as const;
export type ParameterKind = (typeof parameterKinds)[number];

/** A parameter with what training keeps beside it, each as long as the value. */
export interface TrainedParameter extends Parameter {
  /** Sum of the gradients since the last step. */
  readonly gradient: Float32Array;
  /** Moments of AdamW. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** @param moments of earlier steps. @default zero */
export function trainedParameter(
  parameter: Parameter,
  moments?: Pick<TrainedParameter, 'first' | 'second'>,
): TrainedParameter {
  const zeros = () => new Float32Array(parameter.value.length);
  return {
    ...parameter,
    gradient: zeros(),
    first: moments?.first ?? zeros(),
    second: moments?.second ?? zeros(),
  };
}

/** Consecutive rows of a parameter: programs name its variables, and the memory is a part of the parameter's arrays. */
export interface ParameterBlock extends AdamWVariables {
  readonly shape: readonly number[];
  /** The same memory by kind, and by the names of the variables. */
  readonly arrays: Readonly<Record<ParameterKind, Float32Array>>;
  readonly memory: VariableMemory;
}

/** The block [start, end) of rows. */
export function parameterBlock(parameter: TrainedParameter, start: number, end: number): ParameterBlock {
  const { name, shape: whole, decays = true } = parameter;
  const rowSize = numberOfElements(whole.slice(1));
  const shape = [end - start, ...whole.slice(1)];
  const blockName = (kind: ParameterKind) => `${kind}.${name}[${start}:${end}]`;
  const arrays = Object.fromEntries(
    parameterKinds.map((kind) => [kind, parameter[kind].subarray(start * rowSize, end * rowSize)]),
  ) as ParameterBlock['arrays'];
  const part = (kind: ParameterKind): Tensor => variable(blockName(kind), shape);
  return {
    parameter: part('value'),
    gradient: part('gradient'),
    first: part('first'),
    second: part('second'),
    decays,
    shape,
    arrays,
    memory: Object.fromEntries(parameterKinds.map((kind) => [blockName(kind), arrays[kind]])),
  };
}

/** Cuts `rows` into the fewest ranges of at most `limit`, as even as can be. */
export function rowRanges(rows: number, limit: number): (readonly [start: number, end: number])[] {
  const count = Math.max(1, Math.ceil(rows / limit));
  return Array.from(
    { length: count },
    (_, i) => [Math.floor((i * rows) / count), Math.floor(((i + 1) * rows) / count)] as const,
  );
}
