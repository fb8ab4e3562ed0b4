// What an element of a quantised matrix takes, in a file and in memory.
import { blockSize } from '@maria/core';
import type { Quantization } from './scheme.js';

/** Bytes of an element in a file, with its share of the scale of its block (the scales of int8 are too few to count); without quantisation, those of float32. */
export const storedBytesPerElement: Readonly<Record<Quantization, number>> = {
  none: 4,
  int4: 0.5 + 4 / blockSize,
  int8: 1,
};

/**
 * Bytes of an element in memory, where the kernels read it. ONNX Runtime keeps one packed copy of a matrix, always from float32;
 * beside the integers of int4 and their scales it holds a float32 for the sum of each block.
 */
export const packedBytesPerElement: Readonly<Record<Quantization, number>> = {
  none: 4,
  int4: 0.5 + 8 / blockSize,
  int8: 1,
};
