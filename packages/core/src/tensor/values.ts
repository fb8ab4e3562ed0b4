// Concrete tensors: a shape and a typed array, row-major.
import type { DType } from './dtype.js';
import { formatShape, numberOfElements, ShapeError } from './shape.js';

/** float32 is held as Float32Array, or as Float64Array where the reference evaluation runs in f64. */
export type FloatArray = Float32Array | Float64Array;
export type TensorData = FloatArray | Int32Array | Uint8Array;

export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A [rows, columns] float32 matrix, row-major: what algorithms exchange with models. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** A matrix of zeros. */
export function emptyMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** The rows with these indices, copied. @throws RangeError if there is no such row */
export function gatherRows(matrix: Matrix, indices: readonly number[]): Matrix {
  const gathered = emptyMatrix(indices.length, matrix.columns);
  indices.forEach((index, i) => {
    gathered.data.set(row(matrix, index), i * matrix.columns);
  });
  return gathered;
}

/** The rows of all of them, one after the other; what is returned may be the only one of them. */
export function stackRows(matrices: readonly Matrix[]): Matrix {
  const [only] = matrices;
  if (matrices.length === 1) return only!;
  const { columns } = only!;
  const rows = matrices.reduce((total, matrix) => total + matrix.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const matrix of matrices) {
    data.set(matrix.data, at);
    at += matrix.data.length;
  }
  return { rows, columns, data };
}

function value(dtype: DType, data: TensorData, shape: readonly number[]): Value {
  if (data.length !== numberOfElements(shape))
    throw new ShapeError(`${data.length} elements do not fill shape ${formatShape(shape)}`);
  return { dtype, shape, data };
}

export function float32(
  data: FloatArray | readonly number[],
  shape: readonly number[] = [data.length],
): Value {
  return value(
    'float32',
    data instanceof Float32Array || data instanceof Float64Array ? data : Float32Array.from(data),
    shape,
  );
}

export function int32(data: Int32Array | readonly number[], shape: readonly number[] = [data.length]): Value {
  return value('int32', data instanceof Int32Array ? data : Int32Array.from(data), shape);
}

export function bool(data: Uint8Array | readonly boolean[], shape: readonly number[] = [data.length]): Value {
  return value('bool', data instanceof Uint8Array ? data : Uint8Array.from(data, Number), shape);
}

/** Row `index` of a matrix, as a view. @throws RangeError if there is no such row */
export function row(matrix: Matrix, index: number): Float32Array {
  if (index < 0 || index >= matrix.rows)
    throw new RangeError(`row ${index} is outside a matrix of ${matrix.rows} rows`);
  return matrix.data.subarray(index * matrix.columns, (index + 1) * matrix.columns);
}

/** At most `count` rows from `first` on: a view. */
export function rowsFrom({ rows: all, columns, data }: Matrix, first: number, count: number): Matrix {
  const rows = Math.min(count, all - first);
  return { rows, columns, data: data.subarray(first * columns, (first + rows) * columns) };
}
