// How weights are quantised: the schemes, and the facts about them that stored copies depend on.
import { blockSize } from '@maria/core';
/** `none` keeps weights as the checkpoint stores them. */
export const quantizations = ['none', 'int4', 'int8'] as const;
export type Quantization = (typeof quantizations)[number];

/** Changes whenever the same weights would give other bytes, or other files. */
export const schemeVersion = 1;

/** Bytes of an element in a file, with its share of the scale of its block; without quantisation, those of float32. */
export const storedBytesPerElement: Readonly<Record<Quantization, number>> = {
  none: 4,
  int4: 0.5 + 4 / blockSize,
  int8: 1 + 4 / blockSize,
};

/**
 * Bytes of an element in memory, where the kernels read it. ONNX Runtime keeps one packed copy of a matrix, always from float32;
 * beside the integers and their scales it holds a float32 for the sum of each block.
 */
export const packedBytesPerElement: Readonly<Record<Quantization, number>> = {
  none: 4,
  int4: 0.5 + 8 / blockSize,
  int8: 1 + 8 / blockSize,
};
