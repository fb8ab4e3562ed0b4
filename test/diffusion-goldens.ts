// Reads the goldens of diffusion: checkpoints, and what was computed of them in float64.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedDenoiser, openDenoiser } from '@maria/checkpoints';
import { afterAll } from 'vitest';
import type { Noise } from '../packages/core/src/decode/diffusion/noise.js';
import { goldenFolder, openGoldenTensors, readGoldenJson } from './golden-files.js';

/** Where the tree is, as paths of goldens begin. */
const tree = '../goldens-diffusion/';

export const denoisers = readdirSync(`${goldenFolder}${tree}models`);

/** Families that only the user can tell. */
const told: Readonly<Record<string, string>> = { diffullama: 'diffullama', opendcoder: 'opendcoder' };
/** Those that use the tokenizer of another model. */
const borrowing = new Set(['mdlm', 'sedd']);
const tokenizer = `${goldenFolder}tokenizer_ar`;

export const denoiserFolder = (name: string) => `${goldenFolder}${tree}models/${name}`;

/** Converted weights are kept out of the user's cache. */
const cache = mkdtempSync(join(tmpdir(), 'maria-diffusion-goldens-'));
process.env.MARIA_CACHE = cache;
afterAll(() => rmSync(cache, { recursive: true }));

export function openGoldenDenoiser(name: string): Promise<OpenedDenoiser> {
  return openDenoiser(denoiserFolder(name), {
    ...(told[name] && { family: told[name] }),
    ...(borrowing.has(name) && { tokenizer }),
  });
}

export const diffusionTensors = (path: string) => openGoldenTensors(`${tree}${path}.safetensors`);
export const diffusionJson = <T>(path: string) => readGoldenJson<T>(`${tree}${path}.json`);

/** Drawn already, by seed and counter: all backends draw the same. */
const drawn = new Map<string, Float64Array>();

/** The uniform numbers that goldens were drawn with: outputs of splitmix64, counted by step, position and index. */
export function goldenNoise(
  seed: number,
  { length, rows }: { readonly length: number; readonly rows: number },
): Noise {
  return {
    at(step, position) {
      const first = (step * length + position) * (rows + 1);
      const key = `${seed} ${first}`;
      const numbers = drawn.get(key) ?? new Float64Array(rows + 1);
      drawn.set(key, numbers);
      return (index) => (numbers[index] ||= splitmix64(seed, first + index));
    },
  };
}

function splitmix64(seed: number, k: number): number {
  const word = (x: bigint) => BigInt.asUintN(64, x);
  let z = word(BigInt(seed) + (BigInt(k) + 1n) * 0x9e3779b97f4a7c15n);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  z ^= z >> 31n;
  return (Number(z >> 11n) + 0.5) / 2 ** 53;
}
