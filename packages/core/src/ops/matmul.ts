// matmul: products of matrices, batched over broadcast leading axes.
import { type Dim, formatShape, numberOfElements, ShapeError } from '../tensor/shape.js';
import { apply, type Op, type Tensor } from '../tensor/tensor.js';
import type { TensorData } from '../tensor/values.js';
import { broadcastAll, requireDtype } from './checks.js';
import { broadcastStrides, offsetsOf } from './strided.js';
import { sumTo } from './sum.js';

export interface MatmulAttributes {
  /** Whether `a` is stored [..., k, m]. */
  readonly transposeA: boolean;
  /** Whether `b` is stored [..., n, k]. */
  readonly transposeB: boolean;
}

/** Rows and columns of an operand after its transposition. */
function matrixDims(x: Tensor, transpose: boolean): [Dim, Dim] {
  const [rows, columns] = x.shape.slice(-2) as [Dim, Dim];
  return transpose ? [columns, rows] : [rows, columns];
}

export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  summedAxis: ({ transposeA, transposeB }) => (transposeA ? undefined : transposeB ? 1 : 0),
  infer: ([a, b], { transposeA, transposeB }) => {
    requireDtype('matmul', 'float32', a, b);
    const form = `a ${transposeA ? '[..., k, m]' : '[..., m, k]'} and b ${transposeB ? '[..., n, k]' : '[..., k, n]'}`;
    const fail = () => {
      throw new ShapeError(`matmul needs ${form}, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}`);
    };
    if (a!.shape.length < 2 || b!.shape.length < 2) fail();
    const [m, inner] = matrixDims(a!, transposeA);
    const [k, n] = matrixDims(b!, transposeB);
    if (inner !== k) fail();
    return {
      shape: [...broadcastAll('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n],
      dtype: 'float32',
    };
  },
  evaluate: ([a, b], { transposeA, transposeB }, { shape, floats }) => {
    const [m, n] = shape.slice(-2) as [number, number];
    const [rowsA, columnsA] = a!.shape.slice(-2) as [number, number];
    const [rowsB, columnsB] = b!.shape.slice(-2) as [number, number];
    const k = transposeA ? rowsA : columnsA;
    const [aRow, aColumn] = transposeA ? [1, columnsA] : [columnsA, 1];
    const [bRow, bColumn] = transposeB ? [1, columnsB] : [columnsB, 1];
    const batch = shape.slice(0, -2);
    const matricesA = offsetsOf(batch, broadcastStrides(a!.shape.slice(0, -2), batch));
    const matricesB = offsetsOf(batch, broadcastStrides(b!.shape.slice(0, -2), batch));
    const data = floats(numberOfElements(shape));
    for (let i = 0; i < matricesA.length; i++) {
      const startA = matricesA[i]! * rowsA * columnsA;
      const startB = matricesB[i]! * rowsB * columnsB;
      for (let row = 0; row < m; row++)
        for (let column = 0; column < n; column++)
          data[(i * m + row) * n + column] = dot(
            a!.data,
            startA + row * aRow,
            aColumn,
            b!.data,
            startB + column * bColumn,
            bRow,
            k,
          );
    }
    return { dtype: 'float32', shape, data };
  },
  gradient: ({ inputs, attributes: { transposeA, transposeB } }, upstream) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    const da = transposeA
      ? matmul(b, upstream, { transposeA: transposeB, transposeB: true })
      : matmul(upstream, b, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(upstream, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, upstream, { transposeA: !transposeA });
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
};

function dot(
  a: TensorData,
  startA: number,
  strideA: number,
  b: TensorData,
  startB: number,
  strideB: number,
  length: number,
): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += a[startA + i * strideA]! * b[startB + i * strideB]!;
  return total;
}

/** a [..., m, k] times b [..., k, n] → [..., m, n]; leading axes broadcast. Rank 2 at least. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: Partial<MatmulAttributes> = {},
): Tensor {
  return apply(matmulOp, [a, b], { transposeA, transposeB });
}
