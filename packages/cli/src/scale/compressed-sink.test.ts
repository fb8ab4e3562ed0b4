// Output by the name of its file: what is compressed reads as what was written.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSink } from '../output.js';
import { refuseUnfitToResume } from './share.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-compressed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('gzip, of much more than a buffer', async () => {
  const file = join(folder, 'out.jsonl.gz');
  const sink = await openSink(file);
  const texts = Array.from({ length: 50 }, (_, i) => `${Math.sin(i)}ä😀`.repeat(5000));
  for (const text of texts) await sink.write(text);
  expect(existsSync(file)).toBe(false);
  await sink.close();
  expect(zlib.gunzipSync(readFileSync(file)).toString()).toBe(texts.join(''));
});

test('nothing written is a whole file too', async () => {
  const file = join(folder, 'out.gz');
  await (await openSink(file)).close();
  expect(zlib.gunzipSync(readFileSync(file)).length).toBe(0);
});

test('zstd where Node has it, else a word that says so', async () => {
  const file = join(folder, 'out.zst');
  const { zstdDecompressSync: read } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
  if (!read) {
    await expect(openSink(file)).rejects.toMatchObject({ code: 'no-zstd', exitStatus: 2 });
    return;
  }
  const sink = await openSink(file);
  await sink.write('a');
  await sink.close();
  expect(read(readFileSync(file)).toString()).toBe('a');
});

test.each(['a.parquet', 'a.jsonl.gz', 'a.zst'])('%s cannot be gone on with', (output) => {
  expect(() => refuseUnfitToResume(output)).toThrow(`Cannot resume: ${output} is`);
});

test('what is text can', () => {
  for (const output of ['a.jsonl', 'gz', undefined]) refuseUnfitToResume(output);
});
