// The decode step of a pair against the pure reading of the weights that it multiplies.
import { multipliedElements } from '../weight-reading.js';
import type { PairShape } from './model-shapes.js';
import type { ThroughputRecord } from './run-throughput.js';

/** How the large matrices are held. */
export type Quantization = 'none' | 'int4' | 'int8';

/** Of an element with its share of the scale of its block of 32. */
const bytesPerElement: Readonly<Record<Quantization, number>> = { none: 4, int4: 0.625, int8: 1.125 };

export interface WeightRead {
  /** Of the AR model's matrices and its half of the head. */
  readonly bytes: number;
  /** What reading them takes at the speed measured beside the steps, the fastest of some. */
  readonly ms: number;
  /** The fastest step over that. */
  readonly ratio: number;
}

/** Bytes of the matrices that a decode step multiplies. */
export function decodeStepBytes({ ar, mlm }: PairShape, quantization: Quantization): number {
  const [arSizes, mlmSizes] = [ar.architecture.sizes, mlm.architecture.sizes];
  const vocabularySize = Math.min(arSizes.vocabularySize, mlmSizes.vocabularySize);
  const elements = multipliedElements(ar.architecture) + vocabularySize * arSizes.hiddenSize;
  return elements * bytesPerElement[quantization];
}

/** @param speed bytes a millisecond */
export function weightRead({ stepMs }: ThroughputRecord, bytes: number, speed: number): WeightRead {
  const ms = bytes / speed;
  return { bytes, ms, ratio: stepMs.min / ms };
}
