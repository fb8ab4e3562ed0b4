// Written safetensors read back bit for bit; files appear whole or not at all.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MariaError } from '@maria/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from './atomic-write.js';
import { temporaryFolder } from './raw-files.test.support.js';
import { openSafetensors } from './safetensors.js';
import { type TensorToWrite, writeSafetensors } from './write-safetensors.js';

const folder = temporaryFolder();

describe('writeSafetensors', () => {
  it('writes what the reader reads back, bit for bit', async () => {
    const array = fc.oneof(
      fc.float32Array({ maxLength: 20 }),
      fc.int32Array({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }),
    );
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    const tensors = fc.uniqueArray(fc.tuple(names, array), { selector: ([name]) => name, maxLength: 6 });
    const metadata = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (pairs, meta) => {
        const file = join(folder, 'round.safetensors');
        await writeSafetensors(
          file,
          pairs.map(([name, data]): TensorToWrite => ({ name, shape: [1, data.length], data })),
          meta,
        );
        const read = openSafetensors(file);
        expect(read.metadata).toEqual(new Map(Object.entries(meta)));
        expect(read.entries.size).toBe(pairs.length);
        for (const [name, data] of pairs) {
          const entry = read.entries.get(name)!;
          expect(entry.shape).toEqual([1, data.length]);
          expect(entry.offset % data.BYTES_PER_ELEMENT).toBe(0);
          expect(read.bytes(name)).toEqual(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        }
      }),
      { numRuns: 150, seed: 2 },
    );
  });

  it('takes names that are special to JavaScript and views into larger arrays', async () => {
    const file = join(folder, 'names.safetensors');
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    await writeSafetensors(file, [{ name: '__proto__', shape: [2], data }]);
    expect([...openSafetensors(file).read('__proto__')]).toEqual([1, 2]);
  });

  it('refuses repeated and reserved names and data that do not fill the shape', async () => {
    const file = join(folder, 'refused.safetensors');
    const data = new Float32Array(2);
    const w = { name: 'w', shape: [2], data };
    await expect(writeSafetensors(file, [w, w])).rejects.toThrow(/named "w": the name is taken/);
    await expect(writeSafetensors(file, [{ ...w, name: '__metadata__' }])).rejects.toThrow(/name is taken/);
    await expect(writeSafetensors(file, [{ ...w, shape: [3] }])).rejects.toThrow(
      /2 elements do not fill shape \[3\]/,
    );
    await expect(writeSafetensors(file, [{ ...w, shape: [-1, -2] }])).rejects.toThrow(/do not fill/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('writeFileAtomically', () => {
  it('leaves the old file and no other when a write fails', async () => {
    const target = mkdtempSync(join(folder, 'failing-'));
    const file = join(target, 'a');
    writeFileSync(file, 'old');
    function* chunks(): Generator<Uint8Array> {
      yield Buffer.from('new');
      throw Object.assign(new Error('write'), { code: 'ENOSPC' });
    }
    const failed = await writeFileAtomically(file, chunks()).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(MariaError);
    expect(failed).toMatchObject({
      exitStatus: 1,
      message: `Cannot write ${file}: no space is left on the device.`,
      try: 'Free space, or choose a folder on another disk.',
    });
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(target)).toEqual(['a']);
  });

  it('says why a place cannot be written', async () => {
    await expect(writeFileAtomically(join(folder, 'no', 'a'), [])).rejects.toThrow(/no such file or folder/);
    mkdirSync(join(folder, 'taken'));
    await expect(writeFileAtomically(join(folder, 'taken'), [])).rejects.toThrow(/Cannot write .*taken: /);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('shows the old file until the new one is whole', async () => {
    const target = mkdtempSync(join(folder, 'watched-'));
    const file = join(target, 'a');
    writeFileSync(file, 'old');
    const seen: string[] = [];
    function* chunks(): Generator<Uint8Array> {
      for (const part of ['new', 'er']) {
        yield Buffer.from(part);
        seen.push(readFileSync(file, 'utf8'));
      }
    }
    await writeFileAtomically(file, chunks());
    expect(seen).toEqual(['old', 'old']);
    expect(readFileSync(file, 'utf8')).toBe('newer');
    expect(readdirSync(target)).toEqual(['a']);
  });
});
