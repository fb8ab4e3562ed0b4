// Quantised matrices whose integers and scales are in memory, where those of a model are in a file.
import type { BlockQuantizedTensor, ChannelQuantizedTensor, WeightLocation } from './backend.js';
import { blockSize } from './quantized-blocks.js';

type Seen = Pick<BlockQuantizedTensor, 'name' | 'shape' | 'axis'>;

/** int4: `data` and `scales` are as `BlockQuantizedTensor` has them. */
export function blocksInMemory(seen: Seen, data: Uint8Array, scales: Float32Array): BlockQuantizedTensor {
  return { ...seen, dtype: 'int4', blockSize, data: inMemory(data), scales: inMemory(scales) };
}

/** int8: `integers` and `scales` are as `ChannelQuantizedTensor` has them. */
export function channelsInMemory(
  seen: Seen,
  integers: Int8Array,
  scales: Float32Array,
): ChannelQuantizedTensor {
  return {
    ...seen,
    dtype: 'int8',
    data: inMemory(integers),
    scales: inMemory(scales),
    read: () => ({ integers, scales }),
  };
}

function inMemory({ buffer, byteOffset, byteLength }: ArrayBufferView): WeightLocation {
  return { kind: 'memory', bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}
