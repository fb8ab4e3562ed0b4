// Holds a backend's result to the reference evaluation's.
import type { Value } from '@maria/core';

export interface Check {
  /** Elements that were compared, of so many in the result. */
  readonly elements: number;
  readonly of: number;
  /** Largest difference, as a part of the largest expected value. NaN where a value is not a number. */
  readonly error: number;
  readonly tolerance: number;
  readonly correct: boolean;
}

/** Of float32 sums over some thousand terms, in whatever order they are added. */
const rounding = 2e-5;

export interface CheckOptions {
  /** The columns of the result that are expected. @default all */
  readonly columns?: readonly number[] | undefined;
  /** @default that of rounding */
  readonly tolerance?: number | undefined;
}

export function check(
  actual: Value,
  expected: Pick<Value, 'data'>,
  { columns, tolerance = rounding }: CheckOptions = {},
): Check {
  const width = actual.shape.at(-1)!;
  const picked = columns ?? Array.from({ length: width }, (_, i) => i);
  const rows = actual.data.length / width;
  const complete = expected.data.length === rows * picked.length;
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const value = expected.data[i]!;
    const other = actual.data[Math.floor(i / picked.length) * width + picked[i % picked.length]!];
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(other! - value));
  }
  const error = !complete || difference === 0 ? difference : difference / largest;
  return {
    elements: expected.data.length,
    of: actual.data.length,
    error,
    tolerance,
    correct: complete && error <= tolerance,
  };
}
