// Reads the goldens: checkpoints, pairs, and safetensors of expected numbers.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSafetensors } from '@maria/checkpoints';

export const goldenFolder = fileURLToPath(new URL('goldens/', import.meta.url));

/** Of later families, laid out as the first. Paths here begin with it where the others begin with nothing. */
export const familyGoldens = '../goldens-families/';

/** Both trees, by what paths in them begin with. */
export const goldenTrees = ['', familyGoldens];

export function readGoldenJson<T>(path: string): T {
  return JSON.parse(readFileSync(goldenFolder + path, 'utf8')) as T;
}

export interface GoldenTensors {
  floats(name: string): Float32Array;
  ints(name: string): Int32Array;
  shape(name: string): readonly number[];
}

export function openGoldenTensors(path: string): GoldenTensors {
  const file = openSafetensors(goldenFolder + path);
  return {
    floats: (name) => file.read(name),
    ints: (name) => new Int32Array(file.bytes(name).slice().buffer),
    shape: (name) => file.entries.get(name)!.shape,
  };
}

export interface GoldenCase {
  ids: number[];
  masked: number[];
  masked_ids: number[];
  poe: GoldenHead;
  other: GoldenHead;
}

export interface GoldenHead {
  loglik: number;
  loglik_per_position: number[];
  loglik_suppressed: number;
  greedy_raw: number[];
  greedy_suppressed: number[];
}

export interface GoldenPair {
  mask_id: number;
  vocab: number;
  suppress: number[];
  cases: Record<string, GoldenCase>;
}

/** Largest absolute difference; NaN if a number is missing or not finite. */
export function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}
