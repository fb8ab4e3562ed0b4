// How many passes of backbones are computed side by side.
import { type Architecture, type ModelPart, numberOfElements } from '@maria/core';

/** Passes of a small model wait for each other's threads more than they compute; those of a larger one keep all threads busy. */
const mostWeightBytes = 64 * 2 ** 20;

/** With fewer sequences there is nothing to do while one pass computes. */
const fewestLanes = 4;

/** @param parts the backbones @param lanes of the AR model */
export function passesSideBySide(parts: readonly ModelPart<Architecture>[], lanes: number): number {
  return lanes < fewestLanes || weightBytes(parts) > mostWeightBytes ? 1 : 2;
}

/** As float32, each matrix once. */
function weightBytes(parts: readonly ModelPart<Architecture>[]): number {
  return parts
    .flatMap(({ program }) => program.weights)
    .reduce((bytes, { attributes }) => bytes + 4 * numberOfElements(attributes.shape), 0);
}
