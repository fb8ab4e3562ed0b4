// The fused linear head, W3 [h_ar; h_mlm] + b, in its split form: one program for each half.

import type { RunningModel } from '../models/running-model.js';
import { multiply, where } from '../ops/elementwise.js';
import { embedding } from '../ops/embedding.js';
import { linear } from '../ops/linear.js';
import { slice, transpose } from '../ops/shape-ops.js';
import { softcapped } from '../ops/softcap.js';
import { allOrNone } from '../tensor/all-or-none.js';
import type { Backend, Executable, WeightSource } from '../tensor/backend.js';
import { constant, input, weight } from '../tensor/leaves.js';
import { type Program, trace } from '../tensor/program.js';
import type { Tensor } from '../tensor/tensor.js';
import { bool, float32, int32, type Matrix } from '../tensor/values.js';
import type { Expert, FusedHead } from './model.js';

/** A matrix in a checkpoint, of which a half of the head uses the first V rows and some columns. */
export interface HeadMatrix {
  readonly source: WeightSource;
  /** Name of a stored [>= V, >= columns] tensor. */
  readonly weight: string;
  /** Name of a stored [>= V] tensor that is added to the logits. */
  readonly bias?: string | undefined;
  /** Multiplies weight and bias: 1/2 for a product of experts made of the models' own output embeddings. @default 1 */
  readonly scale?: number;
  /** First column that belongs to this half, in a matrix that holds both. @default 0 */
  readonly firstColumn?: number;
  /** Stored row of each of the V ids, -1 where there is none: for a model whose ids differ. @default the first V rows */
  readonly rows?: Int32Array | undefined;
}

/** Logit of an id that a half has no row for: its probability is 0, and sums stay finite. */
export const absentLogit = -1e4;

export interface HeadParts {
  readonly vocabularySize: number;
  readonly ar: HeadMatrix & { readonly hiddenSize: number };
  readonly mlm: HeadMatrix & { readonly hiddenSize: number };
}

/**
 * Compiled when it is first used: plain infilling does without.
 * @param softcap as `OutputEmbedding` has it
 */
export function createExpert(
  backend: Backend,
  vocabularySize: number,
  half: HeadParts['ar'],
  softcap?: number,
): Expert & RunningModel {
  let compiled: Promise<Executable> | undefined;
  let executable: Executable | undefined;
  return {
    async logits(hidden) {
      compiled ??= backend.compile(headHalf(vocabularySize, half, softcap), half.source);
      executable = await compiled;
      return runHead(executable, hidden, vocabularySize);
    },
    interrupt: () => executable?.interrupt(),
    dispose: () => executable?.dispose(),
  };
}

async function runHead(executable: Executable, hidden: Matrix, vocabularySize: number): Promise<Matrix> {
  const outputs = await executable.run({ hidden: float32(hidden.data, [hidden.rows, hidden.columns]) });
  return { rows: hidden.rows, columns: vocabularySize, data: outputs.logits!.data as Float32Array };
}

/**
 * One half of the head: hidden [rows, hiddenSize] → logits [rows, V].
 * @param softcap bounds the logits: l becomes softcap tanh(l / softcap)
 */
export function headHalf(vocabularySize: number, half: HeadParts['ar'], softcap?: number): Program {
  const { source, hiddenSize, scale = 1, firstColumn = 0, rows } = half;
  const stored = source.get(half.weight)?.shape;
  const columns = stored?.[1] ?? hiddenSize;
  const height = (rows && stored?.[0]) ?? vocabularySize;
  let matrix: Tensor = weight(half.weight, [height, columns]);
  if (columns !== hiddenSize)
    matrix = slice(matrix, { axis: 1, start: firstColumn, end: firstColumn + hiddenSize });
  const scaled = (x: Tensor) => (scale === 1 ? x : multiply(x, scale));
  const hidden = input('hidden', ['rows', hiddenSize]);
  // Scaling the hidden state, not the matrix: the matrix stays where it is mapped.
  const bias = half.bias === undefined ? undefined : scaled(weight(half.bias, [height]));
  const logits = softcapped(linear(scaled(hidden), matrix, bias), softcap);
  return trace({ logits: rows ? reorderColumns(logits, rows.subarray(0, vocabularySize)) : logits });
}

/** Column `order[i]` of x [rows, n] as column i. Few numbers are moved, where reordering the matrix would copy it. */
function reorderColumns(x: Tensor, order: Int32Array): Tensor {
  const present = constant(bool(Array.from(order, (column) => column >= 0)));
  const columns = constant(int32(order.map((column) => Math.max(column, 0))));
  const picked = transpose(embedding(columns, transpose(x, [1, 0])), [1, 0]);
  return where(present, picked, absentLogit);
}

export async function createHead(backend: Backend, parts: HeadParts): Promise<FusedHead & RunningModel> {
  const { vocabularySize } = parts;
  const [ar, mlm] = await allOrNone([
    backend.compile(headHalf(vocabularySize, parts.ar), parts.ar.source),
    backend.compile(headHalf(vocabularySize, parts.mlm), parts.mlm.source),
  ]);
  return {
    arLogits: (hidden) => runHead(ar, hidden, vocabularySize),
    mlmLogits: (hidden) => runHead(mlm, hidden, vocabularySize),
    interrupt: () => {
      ar.interrupt();
      mlm.interrupt();
    },
    dispose: () => {
      ar.dispose();
      mlm.dispose();
    },
  };
}
