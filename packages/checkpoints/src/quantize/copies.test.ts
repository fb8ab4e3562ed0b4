// Quantised copies in the cache: made once, whole or not at all, shared, and removed when nothing needs them.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Int8Limit, isQuantized, randomKey } from '@maria/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { rawSafetensors } from '../weights/raw-files.test.support.js';
import { openSafetensors } from '../weights/safetensors.js';
import { writeSafetensors } from '../weights/write-safetensors.js';
import { acquireCopy, type HeldCopy } from './acquire-copy.js';
import type { PlannedTensor } from './plan.js';
import { listQuantized, pruneCopies } from './prune.js';

const root = mkdtempSync(join(tmpdir(), 'maria-copies-'));
afterAll(() => rmSync(root, { recursive: true }));

const random = randomKey(1);
const normals = (stream: number, length: number) =>
  Float32Array.from({ length }, (_, i) => random.normal(i, stream));
const tensors = {
  rows: { shape: [300, 64], data: normals(0, 300 * 64) },
  columns: { shape: [64, 40], data: normals(1, 64 * 40) },
  joint: { shape: [10, 96], data: normals(2, 960) },
  norm: { shape: [64], data: normals(3, 64) },
};
const plan: PlannedTensor[] = [
  { name: 'rows', from: 'rows', shape: [300, 64], axis: 1 },
  { name: 'columns', from: 'columns', shape: [64, 40], axis: 0 },
  { name: 'joint[64:96]', from: 'joint', columns: [64, 96], shape: [10, 32], axis: 1 },
  { name: 'norm', from: 'norm', shape: [64] },
];

let count = 0;
let cache: string;
let file: string;
beforeEach(async () => {
  const folder = join(root, String(count++), 'model-name');
  mkdirSync(folder, { recursive: true });
  file = join(folder, 'model.safetensors');
  cache = join(root, String(count), 'cache');
  await writeSafetensors(
    file,
    Object.entries(tensors).map(([name, tensor]) => ({ name, ...tensor })),
  );
});

const acquire = (scheme: 'int4' | 'int8' = 'int8', options = {}, limit: Int8Limit = 127): Promise<HeldCopy> =>
  acquireCopy(openSafetensors(file), plan, scheme === 'int8' ? { scheme, limit } : { scheme }, {
    cache,
    ...options,
  });
const entries = () => readdirSync(cache).filter((name) => name !== '.locks');

describe('acquireCopy', () => {
  it.each([
    ['int8', 1 / 127],
    ['int4', 1 / 7],
  ] as const)('holds what the checkpoint holds, in %s', async (scheme, step) => {
    const { copy, release } = await acquire(scheme);
    for (const name of ['rows', 'columns'] as const) {
      const tensor = copy.get(name)!;
      expect(isQuantized(tensor) && [tensor.dtype, tensor.axis, tensor.shape]).toEqual([
        scheme,
        name === 'rows' ? 1 : 0,
        tensors[name].shape,
      ]);
      const values = copy.read(name);
      // No element of these is above 5.
      values.forEach((value, i) => {
        expect(Math.abs(value - tensors[name].data[i]!)).toBeLessThan(5 * step);
      });
      expect(copy.read(name, 100)).toEqual(values.subarray(0, 100));
    }
    const part = copy.read('joint[64:96]');
    part.forEach((value, i) => {
      const original = tensors.joint.data[Math.floor(i / 32) * 96 + 64 + (i % 32)]!;
      expect(Math.abs(value - original)).toBeLessThan(5 * step);
    });
    expect(copy.read('norm')).toEqual(tensors.norm.data);
    expect([...copy.names()].sort()).toEqual(['columns', 'joint[64:96]', 'norm', 'rows']);
    release();
  });

  it('is made once, by whoever comes first', async () => {
    const made: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) =>
      done === total && made.push(total);
    const copies = await Promise.all([1, 2, 3].map(() => acquire('int4', { onProgress })));
    expect(made).toEqual([300 * 64 + 64 * 40 + 960 + 64]);
    expect(new Set(copies.map(({ copy }) => copy.folder)).size).toBe(1);
    expect(entries()).toHaveLength(1);
    for (const { release } of copies) release();
  });

  it('is made anew when the checkpoint changes, and for another scheme', async () => {
    const first = await acquire();
    (await acquire('int4')).release();
    const later = new Date(Date.now() + 10_000);
    utimesSync(file, later, later);
    const second = await acquire();
    expect(second.copy.folder).not.toBe(first.copy.folder);
    expect(entries()).toHaveLength(3);
    for (const { release } of [first, second]) release();
  });

  it.each([
    ['cut short', (weights: string) => truncateSync(weights, statSync(weights).size - 1)],
    ['empty', (weights: string) => truncateSync(weights, 0)],
    ['gone', (weights: string) => rmSync(weights)],
  ])('is made anew where its weights are %s', async (_, damage) => {
    const first = await acquire();
    const weights = join(first.copy.folder, 'model.safetensors');
    const whole = readFileSync(weights);
    first.release();
    damage(weights);
    // A process that went on with the damaged one keeps nobody waiting.
    const { copy, release } = await acquire();
    expect(readFileSync(join(copy.folder, 'model.safetensors')).equals(whole)).toBe(true);
    release();
    expect(entries()).toHaveLength(1);
  });

  it('is made again over what a killed process left, and over a damaged manifest', async () => {
    const { copy, release } = await acquire();
    const { folder } = copy;
    release();
    writeFileSync(join(folder, 'manifest.json'), '{"version": 1');
    const partial = join(cache, `.${entries()[0]}.999999.partial`);
    mkdirSync(partial);
    const again = await acquire();
    expect(again.copy.read('norm')).toEqual(tensors.norm.data);
    expect(existsSync(partial)).toBe(false);
    again.release();
  });

  it('is made again, with a word, where its file is cut short', async () => {
    for (const scheme of ['int4', 'int8'] as const) {
      const { copy, release } = await acquire(scheme);
      release();
      truncateSync(copy.file.file, statSync(copy.file.file).size - 1);
      const notes: string[] = [];
      const again = await acquire(scheme, { onNote: (message: string) => notes.push(message) });
      expect(again.copy.read('norm')).toEqual(tensors.norm.data);
      again.release();
      expect(notes).toEqual([`The ${scheme} copy of model-name is damaged: it is made anew.`]);
    }
  });

  it('is made anew, with a word, where an older version made one', async () => {
    const older = await acquire();
    older.release();
    const manifest = join(older.copy.folder, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"version": 2', '"version": 1'));
    renameSync(older.copy.folder, join(cache, 'model-name-int8-0123456789abcdef'));
    const notes: string[] = [];
    const onNote = (message: string) => notes.push(message);
    (await acquire('int4', { onNote })).release();
    for (let i = 0; i < 2; i++) (await acquire('int8', { onNote })).release();
    expect(notes).toEqual([
      'The int8 copy of model-name was made by an older version of maria: it is made anew.',
    ]);
  });

  it('is another one for a machine that needs smaller integers', async () => {
    const [whole, smaller] = [await acquire('int8'), await acquire('int8', {}, 64)];
    const largest = ({ copy }: HeldCopy, name: string) =>
      new Int8Array(copy.file.bytes(`${name}.int8`).buffer).reduce(
        (most, i) => Math.max(most, Math.abs(i)),
        0,
      );
    for (const name of ['rows', 'columns', 'joint[64:96]'])
      expect([largest(whole, name), largest(smaller, name)]).toEqual([127, 64]);
    for (const { release } of [whole, smaller]) release();
  });

  it('is made again while another process uses the one that was deleted, without a wait', async () => {
    const used = await acquire();
    rmSync(used.copy.folder, { recursive: true });
    const again = await acquire('int8', { onWait: () => expect.unreachable() });
    expect(again.copy.read('norm')).toEqual(tensors.norm.data);
    expect((await pruneCopies({ cache, all: true })).inUse).toHaveLength(1);
    used.release();
    again.release();
    expect((await pruneCopies({ cache, all: true })).removed).toHaveLength(1);
  });

  it('waits for who makes it, and says so once', async () => {
    const waits: string[] = [];
    let others: Promise<HeldCopy>[] = [];
    const first = await acquire('int8', {
      onProgress: () => {
        if (others.length === 0)
          others = [0, 1].map(() => acquire('int8', { onWait: (label: string) => waits.push(label) }));
      },
    });
    for (const { release } of [first, ...(await Promise.all(others))]) release();
    expect(waits).toEqual(['model-name', 'model-name']);
  });

  it('records the hashes of what it wrote', async () => {
    const { createHash } = await import('node:crypto');
    const { copy, release } = await acquire();
    const hashes = Object.entries(copy.manifest.sha256);
    expect(hashes).toHaveLength(7);
    for (const [name, hash] of hashes)
      expect(createHash('sha256').update(copy.file.bytes(name)).digest('hex')).toBe(hash);
    expect(copy.manifest).toMatchObject({
      label: 'model-name',
      source: { files: [{ size: statSync(file).size }] },
    });
    release();
  });

  it('refuses NaN and infinity, names the tensor and leaves nothing', async () => {
    for (const [name, at, value] of [
      ['rows', 777, Number.NaN],
      ['columns', 1234, -Infinity],
      ['norm', 63, Infinity],
    ] as const) {
      const data = tensors[name].data.slice();
      data[at] = value;
      await writeSafetensors(
        file,
        Object.entries(tensors).map(([other, tensor]) => ({
          name: other,
          ...tensor,
          ...(other === name && { data }),
        })),
      );
      await expect(acquire()).rejects.toMatchObject({
        code: 'non-finite-weights',
        message: `Cannot quantise the weights: tensor "${name}" holds ${value} at element ${at}.`,
      });
    }
    expect(entries()).toEqual([]);
  });

  it('reads half precision', async () => {
    const words = Uint16Array.from({ length: 32 * 2 }, (_, i) => (i < 32 ? 0x3c00 : 0xbc00));
    const header = JSON.stringify({ w: { dtype: 'F16', shape: [2, 32], data_offsets: [0, 128] } });
    writeFileSync(file, rawSafetensors(header, new Uint8Array(words.buffer)));
    const { copy, release } = await acquireCopy(
      openSafetensors(file),
      [{ name: 'w', from: 'w', shape: [2, 32], axis: 1 }],
      { scheme: 'int4' },
      { cache },
    );
    expect(copy.read('w')).toEqual(Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : -1)));
    release();
  });

  it('tells which folder it cannot write to', async () => {
    writeFileSync(join(root, 'a-file'), '');
    await expect(acquire('int4', { cache: join(root, 'a-file', 'cache') })).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('a-file'),
      try: expect.stringContaining('MARIA_CACHE'),
    });
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const stopped = acquire('int4', { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow();
    expect(entries()).toEqual([]);
  });
});

describe('pruneCopies', () => {
  it('removes what no model can use any more, and nothing in use', async () => {
    (await acquire('int4')).release();
    const held = await acquire('int8');
    expect(
      (await listQuantized(cache)).map(({ label, scheme, useless }) => [label, scheme, useless]),
    ).toEqual([
      ['model-name', 'int4', undefined],
      ['model-name', 'int8', undefined],
    ]);
    expect(await pruneCopies({ cache })).toMatchObject({ removed: [], kept: [{}, {}] });

    rmSync(file);
    mkdirSync(join(cache, '.old-int4-0.999999.partial'));
    expect((await pruneCopies({ cache, dryRun: true })).removed).toHaveLength(2);
    const pruned = await pruneCopies({ cache });
    expect(pruned.removed.map(({ useless }) => useless)).toEqual([
      'it was not finished',
      `${file} has changed or is gone`,
    ]);
    expect(pruned.inUse).toMatchObject([{ scheme: 'int8' }]);
    held.release();
    expect((await pruneCopies({ cache })).removed).toMatchObject([{ scheme: 'int8' }]);
    expect(entries()).toEqual([]);
  });

  it('removes all when told to, and needs no cache', async () => {
    expect(await pruneCopies({ cache: join(root, 'nowhere') })).toEqual({ removed: [], inUse: [], kept: [] });
    (await acquire('int4')).release();
    const { removed } = await pruneCopies({ cache, all: true });
    expect(removed).toHaveLength(1);
    expect(removed[0]!.size).toBeGreaterThan(300 * 64 * 0.6);
    expect(entries()).toEqual([]);
  });

  it('finds damage by the hashes when it is asked to', async () => {
    const { copy, release } = await acquire('int4');
    release();
    const damaged = readFileSync(join(copy.folder, 'model.safetensors'));
    damaged[damaged.length - 5]! ^= 1;
    writeFileSync(join(copy.folder, 'model.safetensors'), damaged);
    expect((await pruneCopies({ cache })).kept).toHaveLength(1);
    const { removed } = await pruneCopies({ cache, verify: true });
    expect(removed).toMatchObject([{ useless: 'its tensor "norm" is damaged' }]);
  });

  it('removes converted weights, too, when what they were made of is gone', async () => {
    const converted = join(cache, '..', 'converted');
    mkdirSync(converted, { recursive: true });
    const header = (source: string) => `{"__metadata__":{"source":${JSON.stringify(source)}}}`;
    writeFileSync(join(converted, 'a.safetensors'), rawSafetensors(header(file)));
    writeFileSync(join(converted, 'b.safetensors'), 'cut short');
    const [half, abandoned] = ['c', 'd'].map((name) => join(converted, `.${name}.0123456789ab.tmp`));
    writeFileSync(half!, '');
    writeFileSync(abandoned!, '');
    utimesSync(abandoned!, 0, 0);
    const first = await pruneCopies({ cache });
    expect(first.kept).toMatchObject([{ name: 'a.safetensors', label: 'model-name' }]);
    expect(first.inUse).toMatchObject([{ folder: half }]);
    expect(first.removed.map(({ useless }) => useless)).toEqual([
      'it was not finished',
      expect.stringContaining('b.safetensors'),
    ]);
    rmSync(file);
    const dry = await pruneCopies({ cache, dryRun: true });
    expect(dry.removed).toMatchObject([{ useless: `${file} is gone` }]);
    expect(readdirSync(converted)).toContain('a.safetensors');
    await pruneCopies({ cache });
    expect(readdirSync(converted)).toEqual(['.c.0123456789ab.tmp']);
  });

  it('takes a copy of another version for useless', async () => {
    const { copy, release } = await acquire('int4');
    release();
    const manifest = join(copy.folder, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"version": 1', '"version": 999'));
    expect((await pruneCopies({ cache })).removed).toMatchObject([
      { useless: 'another version of maria made it' },
    ]);
  });
});
