// Initial values of the fused head: a product of experts made of the models' own output embeddings, or random.

import type { OutputEmbedding } from '../models/family.js';
import { randomKey } from '../random.js';
import type { WeightSource } from '../tensor/backend.js';
import { absentLogit } from './head.js';

/** One backbone's output embedding: [vocabularySize or more, hiddenSize]. Names as they stand in `source`. */
export interface ExpertEmbedding extends OutputEmbedding {
  readonly source: WeightSource;
  readonly hiddenSize: number;
  /** Stored row of each id, -1 where there is none: for a model whose ids differ. @default the first rows */
  readonly rows?: Int32Array | undefined;
}

/** The head as arrays: logits = ar h_ar + mlm h_mlm + bias; ar [V, dAR], mlm [V, dMLM], bias [V], row-major. */
export interface HeadArrays {
  readonly vocabularySize: number;
  readonly ar: Float32Array;
  readonly mlm: Float32Array;
  readonly bias: Float32Array;
}

/** W3 = [W_ar/2, W_mlm/2], bias = (b_ar + b_mlm)/2: the logits are the mean of the two models' logits (the product initialisation of MARIA). */
export function productOfExperts(
  ar: ExpertEmbedding,
  mlm: ExpertEmbedding,
  vocabularySize: number,
): HeadArrays {
  const half = (expert: ExpertEmbedding) =>
    readRows(expert, expert.weight, vocabularySize, expert.hiddenSize).map((x) => x / 2);
  const bias = new Float32Array(vocabularySize);
  for (const expert of [ar, mlm]) {
    if (expert.bias !== undefined)
      readRows(expert, expert.bias, vocabularySize, 1).forEach((x, i) => {
        bias[i]! += x / 2;
      });
    for (let id = 0; expert.rows && id < vocabularySize; id++)
      if (expert.rows[id]! < 0) bias[id]! += absentLogit;
  }
  return { vocabularySize, ar: half(ar), mlm: half(mlm), bias };
}

/** The rows of the V ids, [V, columns]; zeros where an id has none. */
function readRows({ source, rows }: ExpertEmbedding, name: string, V: number, columns: number): Float32Array {
  if (!rows) return source.read(name, V * columns);
  const stored = source.read(name);
  const ordered = new Float32Array(V * columns);
  for (let id = 0; id < V; id++) {
    const row = rows[id]!;
    if (row >= 0) ordered.set(stored.subarray(row * columns, (row + 1) * columns), id * columns);
  }
  return ordered;
}

/** Normal with standard deviation 1/sqrt(dAR + dMLM), zero bias; a pure function of the seed. */
export function randomHead(
  hidden: { ar: number; mlm: number },
  vocabularySize: number,
  seed: number,
): HeadArrays {
  const deviation = 1 / Math.sqrt(hidden.ar + hidden.mlm);
  const draw = (stream: number, columns: number) => {
    const key = randomKey(seed, stream);
    const matrix = new Float32Array(vocabularySize * columns);
    for (let i = 0; i < matrix.length; i++) matrix[i] = deviation * key.normal(0, i);
    return matrix;
  };
  return {
    vocabularySize,
    ar: draw(0, hidden.ar),
    mlm: draw(1, hidden.mlm),
    bias: new Float32Array(vocabularySize),
  };
}
