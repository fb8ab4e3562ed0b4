// Quantised weights: the kernels that read integers without unpacking the matrix.
import { formatShape, smallestInput, type Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import type { LoweringContext } from '../lowering-context.js';

/** MatMulNBits quantises its input to 8-bit integers too, block by block, and sums in integers: four times as fast as in floats. */
const int8Inputs = 4;

export interface QuantizedProduct {
  readonly x: Tensor;
  readonly matrix: Tensor;
  /** The axis of the matrix that is summed over. */
  readonly axis: 0 | 1;
  readonly bias?: Tensor | undefined;
}

/** x times a quantised weight matrix, plus a bias, as a matrix. Undefined where the matrix is no such weight. */
export function multiplyQuantized(product: QuantizedProduct, context: LoweringContext): string | undefined {
  return multiplyInt4(product, context) ?? multiplyInt8(product, context);
}

function multiplyInt4(
  { x, matrix, axis, bias }: QuantizedProduct,
  context: LoweringContext,
): string | undefined {
  const weight = context.blocks(matrix, axis, 'blocks');
  if (!weight) return undefined;
  const { data, scales, rows, columns, blockSize } = weight;
  const inputs = [context.rows(x), data, scales, ...(bias ? ['', '', context.value(bias)] : [])];
  const attributes = {
    N: { int: rows },
    K: { int: columns },
    bits: { int: 4 },
    block_size: { int: blockSize },
    accuracy_level: { int: int8Inputs },
  };
  return context.graph.addNode('MatMulNBits', inputs, attributes, microsoft);
}

/** core's `multiplyInt8`, operation by operation. */
function multiplyInt8(
  { x, matrix, axis, bias }: QuantizedProduct,
  context: LoweringContext,
): string | undefined {
  const weight = context.channels(matrix, axis);
  if (!weight) return undefined;
  const { graph } = context;
  const { integers, scales } = context.shared(`int8 rows of ${context.rows(x)}`, () =>
    quantizeRows(x, context),
  );
  const zero = context.uint8([inputZero]);
  let y = graph.addNode(
    'MatMulIntegerToFloat',
    [integers, weight.data, context.float32([1]), weight.scales, zero],
    {},
    microsoft,
  );
  const outputs = Number(matrix.shape[1 - axis]);
  if (outputs < weight.outputs) {
    const [start, end, axes] = [context.int64([0]), context.int64([outputs]), context.int64([1])];
    y = graph.addNode('Slice', [y, start, end, axes]);
  }
  y = graph.addNode('Mul', [y, scales]);
  return bias ? graph.addNode('Add', [y, context.value(bias)]) : y;
}

/** Inputs are unsigned where the fast kernel reads them: this stands for 0. */
const inputZero = 128;

interface QuantizedRows {
  /** uint8 [rows, inputs] */
  readonly integers: string;
  /** float32 [rows, 1] */
  readonly scales: string;
}

/** Each row with a scale of its own, so that no row depends on another. */
function quantizeRows(x: Tensor, context: LoweringContext): QuantizedRows {
  const { graph } = context;
  const rows = context.rows(x);
  const lastAxis = context.int64([1]);
  const magnitudes = graph.addNode('ReduceMax', [graph.addNode('Abs', [rows]), lastAxis], {
    keepdims: { int: 0 },
  });
  const largest = graph.addNode('Max', [magnitudes, context.float32([smallestInput])]);
  const scales = graph.addNode('Div', [largest, context.float32([127])]);
  const zeros = context.shared(`int8 zeros of ${formatShape(x.shape.slice(0, -1))}`, () =>
    graph.addNode('ConstantOfShape', [graph.addNode('Shape', [scales])], {
      value: {
        tensor: { name: 'zero', type: 'uint8', dims: [1], contents: { raw: Uint8Array.of(inputZero) } },
      },
    }),
  );
  return {
    integers: graph.addNode('QuantizeLinear', [rows, scales, zeros], { axis: { int: 0 } }),
    scales: graph.addNode('Unsqueeze', [scales, lastAxis]),
  };
}

/** Rows of an int4 table by id, as float32. Undefined where the tensor is not such a table. */
export function pickQuantizedRows(ids: string, table: Tensor, context: LoweringContext): string | undefined {
  const weight = context.blocks(table, 1, 'rows');
  if (!weight) return undefined;
  const { data, scales, blockSize } = weight;
  const attributes = {
    bits: { int: 4 },
    block_size: { int: blockSize },
    gather_axis: { int: 0 },
    quantize_axis: { int: 1 },
  };
  return context.graph.addNode('GatherBlockQuantized', [data, ids, scales], attributes, microsoft);
}
