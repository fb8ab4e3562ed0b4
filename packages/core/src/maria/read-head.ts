// The values of a head that lies in checkpoints: a trained one, or a product of experts that was never written down.
import { absentLogit, type HeadMatrix, type HeadParts } from './head.js';
import type { HeadArrays } from './initialize.js';

/** The same function as `createHead` of the parts, as arrays to train: scales, column ranges and reordered rows are applied. */
export function readHead({ vocabularySize, ar, mlm }: HeadParts): HeadArrays {
  const bias = new Float32Array(vocabularySize);
  for (const half of [ar, mlm]) addBias(half, bias);
  return { vocabularySize, ar: readHalf(ar, vocabularySize), mlm: readHalf(mlm, vocabularySize), bias };
}

/** Stored row of an id, -1 where there is none. */
const storedRow = ({ rows }: HeadMatrix, id: number) => (rows ? rows[id]! : id);

function readHalf(half: HeadParts['ar'], V: number): Float32Array {
  const { source, weight, scale = 1, firstColumn = 0, hiddenSize } = half;
  const columns = source.get(weight)?.shape[1] ?? hiddenSize;
  const stored = half.rows ? source.read(weight) : source.read(weight, V * columns);
  // A new array, for it will be trained: a source may hand out the memory that it holds.
  const values = new Float32Array(V * hiddenSize);
  for (let id = 0; id < V; id++) {
    const start = storedRow(half, id) * columns + firstColumn;
    if (start >= 0) values.set(stored.subarray(start, start + hiddenSize), id * hiddenSize);
  }
  if (scale !== 1) for (let i = 0; i < values.length; i++) values[i]! *= scale;
  return values;
}

function addBias(half: HeadMatrix, bias: Float32Array): void {
  const { source, scale = 1, rows } = half;
  const stored =
    half.bias === undefined ? undefined : rows ? source.read(half.bias) : source.read(half.bias, bias.length);
  for (let id = 0; id < bias.length; id++) {
    const row = storedRow(half, id);
    if (row < 0) bias[id]! += absentLogit;
    else if (stored) bias[id]! += scale * stored[row]!;
  }
}
