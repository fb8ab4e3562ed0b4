// How weights are quantised: the schemes, and the facts about them that stored copies depend on.
import type { QuantizedDType } from '@maria/core';

/** `none` keeps weights as the checkpoint stores them. */
export const quantizations = ['none', 'int4', 'int8'] as const;
export type Quantization = (typeof quantizations)[number];

/** Elements that share a scale, along a matrix's input axis. */
export const blockSize = 32;

/** Changes whenever the same weights would give other bytes, or other files. */
export const schemeVersion = 1;

/** Bytes of an element with its share of the scale: 0.625 or 1.125. */
export function bytesPerElement(dtype: QuantizedDType): number {
  return (dtype === 'int4' ? 0.5 : 1) + 4 / blockSize;
}
