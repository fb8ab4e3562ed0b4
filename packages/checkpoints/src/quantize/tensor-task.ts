// Quantises one tensor: from its checkpoint, chunk by chunk, into its place in the file of a copy.
import { blockSize, channelScale, type Int8Limit, quantizeBlocks, quantizeChannel } from '@maria/core';
import { withFile } from '../weights/file-range.js';
import { RegionWriter } from './region-writer.js';
import { type Chunk, RowReader, type TensorOrigin } from './row-reader.js';

interface TaskFacts {
  readonly source: TensorOrigin;
  /** Where the tensor starts in the target file. */
  readonly at: number;
  /** Names of the tensors of the target file that this writes. */
  readonly writes: readonly string[];
}

/** How matrices are quantised. */
export type QuantizedForm =
  | { readonly scheme: 'int4' }
  /** `limit`: the largest integer of a weight. */
  | { readonly scheme: 'int8'; readonly limit: Int8Limit };

interface QuantizeTask extends TaskFacts {
  readonly kind: 'quantize';
  readonly form: QuantizedForm;
  readonly axis: 0 | 1;
  /** Columns of the stored matrix that are taken; with axis 1 only. */
  readonly columns?: readonly [start: number, end: number];
  readonly scalesAt: number;
}

export type TensorTask = (TaskFacts & { readonly kind: 'keep' }) | QuantizeTask;

export type TensorResult =
  /** SHA-256 of the tensor as the checkpoint stores it, and of each that was written. */
  | { readonly sourceHash: string; readonly hashes: readonly string[] }
  /** The first element that is not finite; its index is that in the stored tensor. */
  | { readonly nonFinite: { readonly index: number; readonly value: number } };

class NonFiniteElement extends Error {
  readonly index: number;
  readonly value: number;

  constructor(index: number, value: number) {
    super(`element ${index} is ${value}`);
    this.index = index;
    this.value = value;
  }
}

/** @param target descriptor of the file to write into. @throws DataError if the source is cut short */
export function runTensorTask(task: TensorTask, target: number): TensorResult {
  const { source } = task;
  try {
    return withFile(source.file, (descriptor) => {
      const rows = new RowReader(source, descriptor);
      const hashes = task.kind === 'keep' ? keep(rows, task, target) : quantize(rows, task, target);
      return { sourceHash: rows.digest(), hashes };
    });
  } catch (error) {
    if (error instanceof NonFiniteElement) return { nonFinite: { index: error.index, value: error.value } };
    throw error;
  }
}

function keep(rows: RowReader, { at }: TaskFacts, target: number): string[] {
  const out = new RegionWriter(target, at);
  for (const chunk of rows.chunks()) {
    refuseNonFinite(chunk);
    out.write(chunk.bytes);
  }
  return [out.digest()];
}

function quantize(rows: RowReader, task: QuantizeTask, target: number): string[] {
  const data = new RegionWriter(target, task.at);
  const scales = new RegionWriter(target, task.scalesAt);
  for (const part of quantizedParts(rows, task)) {
    data.write(new Uint8Array(part.data.buffer));
    scales.write(new Uint8Array(part.scales.buffer));
  }
  return [data.digest(), scales.digest()];
}

interface Quantized {
  readonly data: Uint8Array | Int8Array;
  readonly scales: Float32Array;
}

function quantizedParts(rows: RowReader, task: QuantizeTask): Iterable<Quantized> {
  const { form, axis } = task;
  if (form.scheme === 'int4') return axis === 1 ? blocksInRows(rows, task) : [blocksInColumns(rows)];
  return [axis === 1 ? channelsInRows(rows, task, form.limit) : channelsInColumns(rows, task, form.limit)];
}

/** The transposed matrix: a row that is stored is an output. Holds the quantised matrix whole. */
function channelsInRows(rows: RowReader, { columns }: QuantizeTask, limit: Int8Limit): Quantized {
  const outputs = rows.height;
  const inputs = columns ? columns[1] - columns[0] : rows.width;
  const data = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  for (const chunk of rows.chunks()) {
    const values = columns ? columnsOf(chunk.values, rows.width, columns) : chunk.values;
    const first = chunk.first / rows.width;
    const count = values.length / inputs;
    const integers = new Int8Array(values.length);
    for (let i = 0; i < count; i++) {
      const row = values.subarray(i * inputs, (i + 1) * inputs);
      scales[first + i] = quantizeChannel(row, limit, integers, i * inputs);
      if (Number.isNaN(scales[first + i])) refuseNonFinite(chunk);
    }
    for (let input = 0; input < inputs; input++)
      for (let i = 0; i < count; i++) data[input * outputs + first + i] = integers[i * inputs + input]!;
  }
  return { data, scales };
}

/** The matrix as it is stored: a column is an output. Reads twice, and holds the quantised matrix whole. */
function channelsInColumns(rows: RowReader, { source }: QuantizeTask, limit: Int8Limit): Quantized {
  const { width: outputs, height: inputs } = rows;
  const scales = new Float32Array(outputs);
  withFile(source.file, (descriptor) => {
    for (const chunk of new RowReader(source, descriptor).chunks()) {
      refuseNonFinite(chunk);
      chunk.values.forEach((value, i) => {
        scales[i % outputs] = Math.max(scales[i % outputs]!, Math.abs(value));
      });
    }
  });
  scales.forEach((largest, output) => {
    scales[output] = channelScale(largest, limit);
  });
  const data = new Int8Array(inputs * outputs);
  for (const { values, first } of rows.chunks())
    values.forEach((value, i) => {
      data[first + i] = Math.round(value / scales[i % outputs]!);
    });
  return { data, scales };
}

function* blocksInRows(rows: RowReader, { columns }: QuantizeTask): Generator<Quantized> {
  for (const chunk of rows.chunks()) {
    const values = columns ? columnsOf(chunk.values, rows.width, columns) : chunk.values;
    yield encodeBlocks(values, chunk);
  }
}

/** Blocks down the columns of the stored matrix, in the order of the transposed one. Holds the quantised matrix whole. */
function blocksInColumns(rows: RowReader): Quantized {
  const { width, height } = rows;
  const blocks = height / blockSize;
  const blockBytes = blockSize / 2;
  const data = new Uint8Array(width * blocks * blockBytes);
  const scales = new Float32Array(width * blocks);
  const strip = new Float32Array(width * blockSize);
  let block = 0;
  for (const chunk of rows.chunks(blockSize)) {
    for (let row = 0; row < blockSize; row++)
      for (let column = 0; column < width; column++)
        strip[column * blockSize + row] = chunk.values[row * width + column]!;
    const encoded = encodeBlocks(strip, chunk);
    for (let column = 0; column < width; column++) {
      const at = column * blocks + block;
      data.set(encoded.data.subarray(column * blockBytes, (column + 1) * blockBytes), at * blockBytes);
      scales[at] = encoded.scales[column]!;
    }
    block++;
  }
  return { data, scales };
}

/** @param chunk what the values were made of, to say where one is that is not finite */
function encodeBlocks(values: Float32Array, chunk: Chunk) {
  const data = new Uint8Array(values.length / 2);
  const scales = new Float32Array(values.length / blockSize);
  if (quantizeBlocks(values, data, scales) !== 'finite') refuseNonFinite(chunk);
  return { data, scales };
}

/** Some columns of rows of `width` elements. */
function columnsOf(
  values: Float32Array,
  width: number,
  [start, end]: readonly [number, number],
): Float32Array {
  const rows = values.length / width;
  const taken = new Float32Array(rows * (end - start));
  for (let row = 0; row < rows; row++)
    taken.set(values.subarray(row * width + start, row * width + end), row * (end - start));
  return taken;
}

function refuseNonFinite({ values, first }: Chunk): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new NonFiniteElement(first + index, values[index]!);
}
