// Checks what a safetensors header says against the bytes that the file has.

import { quote } from './quote.js';
import { isSafetensorsDType, type SafetensorsDType, safetensorsBits } from './safetensors-dtypes.js';
import { HeaderError, type HeaderTensor } from './safetensors-header.js';

export interface TensorLayout {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly elements: number;
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** In bytes. */
  readonly length: number;
}

function elementsOf(tensor: HeaderTensor): number {
  let elements = 1;
  for (const dim of tensor.shape) {
    elements *= dim;
    if (!Number.isSafeInteger(elements))
      throw new HeaderError(
        `tensor ${quote(tensor.name)}: shape [${tensor.shape.join(', ')}] has too many elements`,
      );
  }
  return elements;
}

function layoutOf(tensor: HeaderTensor, dataLength: number): TensorLayout {
  const { name, dtype, shape, begin, end } = tensor;
  const fail = (fact: string): never => {
    throw new HeaderError(`tensor ${quote(name)}: ${fact}`);
  };
  if (!isSafetensorsDType(dtype)) return fail(`unknown dtype ${quote(dtype)}`);
  const elements = elementsOf(tensor);
  const bits = elements * safetensorsBits[dtype];
  if (begin > end) fail(`data_offsets [${begin}, ${end}] end before they begin`);
  if (bits !== (end - begin) * 8)
    fail(
      `data_offsets [${begin}, ${end}] span ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] takes ${bits / 8}`,
    );
  if (end > dataLength)
    fail(
      `data_offsets [${begin}, ${end}] reach beyond the ${dataLength} bytes of data: the file is truncated or damaged`,
    );
  return { name, dtype, shape, elements, begin, length: end - begin };
}

/**
 * Tensors in the header's order, each inside the data; together they fill the data with no hole and no overlap,
 * as the format demands. @throws HeaderError
 */
export function checkLayout(tensors: readonly HeaderTensor[], dataLength: number): TensorLayout[] {
  const layouts = tensors.map((tensor) => layoutOf(tensor, dataLength));
  const sorted = [...layouts].sort((a, b) => a.begin - b.begin || a.length - b.length);
  let end = 0;
  let previous = '';
  for (const { name, begin, length } of sorted) {
    if (begin < end)
      throw new HeaderError(
        `tensors ${quote(previous)} and ${quote(name)} overlap at byte ${begin} of the data`,
      );
    if (begin > end)
      throw new HeaderError(`bytes ${end} to ${begin} before tensor ${quote(name)} belong to no tensor`);
    end = begin + length;
    previous = name;
  }
  if (end < dataLength) throw new HeaderError(`the last ${dataLength - end} bytes belong to no tensor`);
  return layouts;
}
