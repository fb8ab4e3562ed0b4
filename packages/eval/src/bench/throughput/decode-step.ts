// The decode step of a pair against the pure reading of the weights that it multiplies.
import { packedBytesPerElement, type Quantization, storedBytesPerElement } from '@maria/checkpoints';
import { multipliedElements } from '../weight-reading.js';
import type { PairShape } from './model-shapes.js';
import type { ThroughputRecord } from './run-throughput.js';

/** Of the AR model's matrices and its half of the head. */
export interface StepWeights {
  /** What the kernels read of them in memory. */
  readonly bytes: number;
  /** What they take in a file: quantised ones less than in memory, where the sum of each block is beside its scale. */
  readonly storedBytes: number;
}

export interface WeightRead extends StepWeights {
  /** What reading `bytes` takes at the speed measured beside the steps, the fastest of some. */
  readonly ms: number;
  /** The fastest step over that. */
  readonly ratio: number;
}

/** The matrices that a decode step multiplies. */
export function stepWeights({ ar, mlm }: PairShape, quantize: Quantization): StepWeights {
  const [arSizes, mlmSizes] = [ar.architecture.sizes, mlm.architecture.sizes];
  const vocabularySize = Math.min(arSizes.vocabularySize, mlmSizes.vocabularySize);
  const elements = multipliedElements(ar.architecture) + vocabularySize * arSizes.hiddenSize;
  return {
    bytes: elements * packedBytesPerElement[quantize],
    storedBytes: elements * storedBytesPerElement[quantize],
  };
}

/** @param speed bytes a millisecond */
export function weightRead({ stepMs }: ThroughputRecord, weights: StepWeights, speed: number): WeightRead {
  const ms = weights.bytes / speed;
  return { ...weights, ms, ratio: stepMs.min / ms };
}
