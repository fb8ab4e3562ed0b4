// Files of random weights: readable, always the same, and whole or absent.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@maria/checkpoints';
import { afterAll, expect, test } from 'vitest';
import { normals } from './random-normals.js';
import { writeRandomSafetensors } from './random-safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytesOf = ({ buffer }: Float32Array) => new Uint8Array(buffer);

const tensors = [
  { name: 'a', shape: [3, 5] },
  // Longer than the block that repeats.
  { name: 'b', shape: [600, 500] },
];

test('numbers go on from one tensor to the next, and have the deviation asked for', async () => {
  const file = join(folder, 'float32.safetensors');
  await writeRandomSafetensors(file, tensors, { deviation: 0.5, dtype: 'float32' });
  const weights = openSafetensors(file);
  expect(weights.get('b')?.shape).toEqual([600, 500]);
  const half = (numbers: Float32Array) => numbers.map((value) => value / 2);
  expect(weights.read('a')).toEqual(half(normals(15)));
  const b = weights.read('b');
  expect(Buffer.compare(bytesOf(b), bytesOf(half(normals(300_000, 15))))).toBe(0);
  const meanSquare = b.reduce((total, value) => total + value * value, 0) / b.length;
  expect(Math.sqrt(meanSquare)).toBeCloseTo(0.5, 2);
});

test('bfloat16 keeps the upper half of each number', async () => {
  const file = join(folder, 'bfloat16.safetensors');
  await writeRandomSafetensors(file, tensors, { deviation: 1, dtype: 'bfloat16' });
  const weights = openSafetensors(file);
  expect(weights.get('a')?.dtype).toBe('bfloat16');
  const exact = normals(15);
  for (const [i, value] of weights.read('a').entries())
    expect(Math.abs(value / exact[i]! - 1)).toBeLessThan(2 ** -7);
});

test('an interrupted file does not appear, nor any part of it', async () => {
  const file = join(folder, 'interrupted.safetensors');
  const written = writeRandomSafetensors(file, tensors, {
    deviation: 1,
    dtype: 'float32',
    signal: AbortSignal.abort(),
  });
  await expect(written).rejects.toMatchObject({ code: 'interrupted' });
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('interrupted'))).toEqual([]);
});
