// Sums over groups of records.
import type { Estimate } from './bootstrap.js';

export function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** In the order in which each key first comes. */
export function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

/** Percentiles go with the function, which rises. */
export function exponential({ value, low, high }: Estimate): Estimate {
  return {
    value: Math.exp(value),
    ...(low !== undefined && { low: Math.exp(low) }),
    ...(high !== undefined && { high: Math.exp(high) }),
  };
}
