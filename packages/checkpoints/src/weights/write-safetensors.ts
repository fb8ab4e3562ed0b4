// Writes a .safetensors file, atomically.
import { formatShape, numberOfElements } from '@maria/core';
import { writeFileAtomically } from './atomic-write.js';
import { quote } from './quote.js';

/** A tensor to write; the stored type follows the array: F32, I32, F16 (bit patterns in 16-bit words) or U8. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint16Array | Uint8Array;
}

function dtypeOf({ data }: TensorToWrite): string {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof Uint16Array ? 'F16' : 'U8';
}

function check(tensors: readonly TensorToWrite[]): void {
  const names = new Set(['__metadata__']);
  for (const { name, shape, data } of tensors) {
    if (names.has(name)) throw new RangeError(`a tensor may not be named ${quote(name)}: the name is taken`);
    names.add(name);
    if (
      !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) ||
      numberOfElements(shape) !== data.length
    )
      throw new RangeError(
        `tensor ${quote(name)}: ${data.length} elements do not fill shape ${formatShape(shape)}`,
      );
  }
}

/** A tensor as a header describes it. */
export interface TensorFacts {
  readonly name: string;
  /** As the format spells it: F32, BF16, U8 … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In bytes. */
  readonly length: number;
}

/**
 * The start of a file whose data are `tensors` in this order: a header with its length before it, padded with spaces so that the
 * data starts at a multiple of `alignment`.
 */
export function encodeSafetensorsHeader(
  tensors: readonly TensorFacts[],
  metadata: Readonly<Record<string, string>> = {},
  alignment = 8,
): Uint8Array {
  // A map with no prototype: a tensor may be named "__proto__".
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let end = 0;
  for (const { name, dtype, shape, length } of tensors) {
    const begin = end;
    end += length;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const total = Math.ceil((8 + json.length) / alignment) * alignment;
  const bytes = Buffer.alloc(total, ' ');
  bytes.writeBigUInt64LE(BigInt(total - 8));
  json.copy(bytes, 8);
  return bytes;
}

/**
 * Writes `tensors` to `file`. Others see the old file or the whole new one, never a part.
 * @throws RangeError if names repeat or data do not fill a shape; MariaError `write-failed`
 */
export async function writeSafetensors(
  file: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  check(tensors);
  // Wider elements first, so that each tensor is aligned to its own element.
  const sorted = [...tensors].sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const bytes = sorted.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const facts = sorted.map((tensor) => ({
    name: tensor.name,
    dtype: dtypeOf(tensor),
    shape: tensor.shape,
    length: tensor.data.byteLength,
  }));
  await writeFileAtomically(file, [encodeSafetensorsHeader(facts, metadata), ...bytes]);
}
