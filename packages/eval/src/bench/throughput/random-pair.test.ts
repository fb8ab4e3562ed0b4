// Pairs of random weights: what is written and when, that they load, and that they are not loaded without memory.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@maria/checkpoints';
import { InterruptedError } from '@maria/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { miniPair } from './mini-pair.test.support.js';
import { modelShape } from './model-shapes.js';
import { randomPair } from './random-pair.js';

const cache = mkdtempSync(join(tmpdir(), 'maria-random-pair-'));
beforeAll(() => randomPair(miniPair, { folder: cache }));
afterAll(() => rmSync(cache, { recursive: true }));

describe('a random pair', () => {
  test('is one folder a model, written once', async () => {
    const folders = await randomPair(miniPair, { folder: cache });
    expect(readdirSync(cache)).toHaveLength(2);
    const before = statSync(join(folders.ar, 'model.safetensors')).mtimeMs;
    const onWrite = () => expect.unreachable();
    expect(await randomPair(miniPair, { folder: cache, onWrite })).toEqual(folders);
    expect(statSync(join(folders.ar, 'model.safetensors')).mtimeMs).toBe(before);
  });

  test('has other folders for another dtype, and those load too', async () => {
    const written: number[] = [];
    const onWrite = (_folder: string, bytes: number) => written.push(bytes);
    const folders = await randomPair(miniPair, { folder: cache, dtype: 'bfloat16', onWrite });
    expect(readdirSync(cache)).toHaveLength(4);
    const [ar] = written;
    const { size } = statSync(join(folders.ar, 'model.safetensors'));
    expect(size - ar!).toBeGreaterThan(0);
    expect(size - ar!).toBeLessThan(4096);
    const loaded = await loadModel({ ...folders, threads: 1 });
    expect(loaded.vocabularySize).toBe(64);
    loaded.dispose();
  });

  test('is refused in forms that do not fit into memory together, before any is loaded', async () => {
    const config = { ...miniPair.ar.config, max_position_embeddings: 2 ** 36 };
    const folder = join(cache, 'large');
    const folders = await randomPair({ ...miniPair, ar: modelShape('large', config) }, { folder });
    const loading = loadModel({ ...folders, capacity: 2 ** 36, alongside: ['int4', 'int8'] });
    // Keys and values of two layers for so many tokens, three times.
    await expect(loading).rejects.toMatchObject({
      code: 'memory-short',
      message: expect.stringMatching(/as none and int4 and int8 at once: .* KV cache 49152\.00 GiB/),
    });
    rmSync(folder, { recursive: true });
  });

  test('that is interrupted leaves no weights', async () => {
    const folder = join(cache, 'interrupted');
    const signal = AbortSignal.abort();
    await expect(randomPair(miniPair, { folder, signal })).rejects.toThrow(InterruptedError);
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((file) => file.includes('safetensors'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
