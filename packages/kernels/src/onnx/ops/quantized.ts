// Quantised weights: the kernels that read integers without unpacking the matrix.
import { formatShape, smallestInput, type Tensor } from '@maria/core';
import { microsoft } from '../graph.js';
import type { Lowered } from '../lowered-graph.js';
import type { LoweringContext } from '../lowering-context.js';
import { ElementType } from '../proto.js';
import type { ChannelInitializer } from '../weight-initializers.js';

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
export function multiplyQuantized(product: QuantizedProduct, context: LoweringContext): Lowered | undefined {
  const int4 = multiplyInt4(product, context);
  if (int4 !== undefined) return context.padsRows ? { paddedRows: int4 } : { rows: int4 };
  const rows = multiplyInt8(product, context);
  return rows === undefined ? undefined : { rows };
}

/** With padded rows where the context pads them. */
function multiplyInt4(
  { x, matrix, axis, bias }: QuantizedProduct,
  context: LoweringContext,
): string | undefined {
  const weight = context.blocks(matrix, axis, 'blocks');
  if (!weight) return undefined;
  const { data, scales, rows, columns, blockSize } = weight;
  // Some releases of the library for CUDA take no bias, and others add it by a kernel of its own.
  const takesBias = context.device?.kind !== 'cuda';
  const inputs = [
    context.padsRows ? context.paddedRows(x) : context.rows(x),
    data,
    scales,
    ...(bias && takesBias ? ['', '', context.value(bias)] : []),
  ];
  const attributes = {
    N: { int: rows },
    K: { int: columns },
    bits: { int: 4 },
    block_size: { int: blockSize },
    accuracy_level: { int: int8Inputs },
  };
  const y = context.graph.addNode('MatMulNBits', inputs, attributes, microsoft);
  return bias && !takesBias ? context.graph.addNode('Add', [y, context.value(bias)]) : y;
}

/** core's `multiplyInt8`, operation by operation. */
function multiplyInt8(
  { x, matrix, axis, bias }: QuantizedProduct,
  context: LoweringContext,
): string | undefined {
  const weight = context.channels(matrix, axis);
  if (!weight) return undefined;
  const { graph } = context;
  const outputs = Number(matrix.shape[1 - axis]);
  if (context.device)
    return graph.exactly(true, () => multiplyInt8OnDevice(x, weight, outputs, bias, context));
  const { integers, scales } = context.shared(`int8 rows of ${context.rows(x)}`, () =>
    quantizeRows(x, context),
  );
  const zero = context.uint8([inputZero]);
  const y = graph.addNode(
    'MatMulIntegerToFloat',
    [integers, weight.data, context.float32([1]), weight.scales, zero],
    {},
    microsoft,
  );
  const added = bias && context.value(bias);
  return finishInt8(y, scales, outputs < weight.outputs ? outputs : undefined, added, context);
}

/** @param outputs how many are asked for, if not all */
function finishInt8(
  y: string,
  scales: string,
  outputs: number | undefined,
  bias: string | undefined,
  context: LoweringContext,
): string {
  const { graph } = context;
  const range = outputs === undefined ? [] : [[0], [outputs], [1]].map((values) => context.int64(values));
  const asked = outputs === undefined ? y : graph.addNode('Slice', [y, ...range]);
  const scaled = graph.addNode('Mul', [asked, scales]);
  return bias ? graph.addNode('Add', [scaled, bias]) : scaled;
}

/** Inputs of a block; matrices are filled up to whole ones. Of larger blocks the kernel of WebGPU takes one row at a time. */
const int8Block = 32;

/**
 * The same where no kernel multiplies integers by integers: the integers of the input as floats, times the matrix in blocks of 8 bits.
 * Sums are exact up to 2^24, above they round as sums of floats do. The matrix is brought into that form once, on the CPU.
 */
function multiplyInt8OnDevice(
  x: Tensor,
  weight: ChannelInitializer,
  outputs: number,
  bias: Tensor | undefined,
  context: LoweringContext,
): string {
  const { graph } = context;
  const { integers, scales } = context.shared(`int8 rows of ${context.rows(x)}`, () =>
    roundRows(context.exact(context.rows(x)), context),
  );
  const blocks = Math.ceil(weight.inputs / int8Block);
  const matrix = context.shared(`blocks of ${weight.data}`, () => {
    const unsigned = graph.addNode(
      'Cast',
      [
        graph.addNode('Add', [
          graph.addNode('Cast', [weight.data], { to: { int: ElementType.int32 } }),
          context.int32([inputZero], []),
        ]),
      ],
      { to: { int: ElementType.uint8 } },
    );
    const rows = graph.addNode('Transpose', [unsigned], { perm: { ints: [1, 0] } });
    const missing = blocks * int8Block - weight.inputs;
    const filled =
      missing === 0
        ? rows
        : graph.addNode('Pad', [rows, context.int64([0, missing]), '', context.int64([1])]);
    return graph.addNode('Reshape', [filled, context.int64([weight.outputs, blocks, int8Block])]);
  });
  const factors = context.shared(`factors of ${weight.scales}`, () =>
    graph.addNode('Expand', [
      graph.addNode('Reshape', [weight.scales, context.int64([weight.outputs, 1])]),
      context.int64([weight.outputs, blocks]),
    ]),
  );
  const attributes = {
    N: { int: weight.outputs },
    K: { int: weight.inputs },
    bits: { int: 8 },
    block_size: { int: int8Block },
  };
  const y = graph.addNode('MatMulNBits', [integers, matrix, factors], attributes, microsoft);
  const added = bias && context.exact(context.value(bias));
  return finishInt8(y, scales, outputs < weight.outputs ? outputs : undefined, added, context);
}

/** Inputs are unsigned where the fast kernel reads them: this stands for 0. */
const inputZero = 128;

interface QuantizedRows {
  /** uint8 [rows, inputs] */
  readonly integers: string;
  /** float32 [rows, 1] */
  readonly scales: string;
}

/** As `quantizeRows`, the integers as floats; one that is half way between two is rounded up, not to the even one. */
function roundRows(rows: string, context: LoweringContext): QuantizedRows {
  const { graph } = context;
  const scales = graph.addNode('Unsqueeze', [rowScales(rows, context), context.int64([1])]);
  const nearest = graph.addNode('Add', [graph.addNode('Div', [rows, scales]), context.float32([0.5], [])]);
  return { integers: graph.addNode('Floor', [nearest]), scales };
}

/** Each row with a scale of its own, so that no row depends on another: float32 [rows]. */
function rowScales(rows: string, context: LoweringContext): string {
  const { graph } = context;
  const magnitudes = graph.addNode('ReduceMax', [graph.addNode('Abs', [rows]), context.int64([1])], {
    keepdims: { int: 0 },
  });
  const largest = graph.addNode('Max', [magnitudes, context.float32([smallestInput])]);
  return graph.addNode('Div', [largest, context.float32([127])]);
}

function quantizeRows(x: Tensor, context: LoweringContext): QuantizedRows {
  const { graph } = context;
  const rows = context.rows(x);
  const scales = rowScales(rows, context);
  const zeros = context.shared(`int8 zeros of ${formatShape(x.shape.slice(0, -1))}`, () =>
    graph.addNode('ConstantOfShape', [graph.addNode('Shape', [scales])], {
      value: {
        tensor: { name: 'zero', type: 'uint8', dims: [1], contents: { raw: Uint8Array.of(inputZero) } },
      },
    }),
  );
  return {
    integers: graph.addNode('QuantizeLinear', [rows, scales, zeros], { axis: { int: 0 } }),
    scales: graph.addNode('Unsqueeze', [scales, context.int64([1])]),
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
