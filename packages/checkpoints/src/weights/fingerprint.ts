// Tells checkpoints apart by a part of their bytes, for files too large to read whole.
import { createHash } from 'node:crypto';
import { readInto, withFile } from './file-range.js';
import type { StoredTensors } from './stored-tensors.js';

const samples = 64;
const sampleBytes = 2 ** 12;

/** A hash of the size, the first bytes and evenly spread samples of every file of the tensors. */
export function fingerprint({ entries, madeOf }: StoredTensors): string {
  return fingerprintOfFiles(
    madeOf === undefined ? new Set([...entries.values()].map(({ file }) => file)) : [madeOf],
  );
}

export function fingerprintOfFiles(files: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    withFile(file, (descriptor, size) => {
      hash.update(`${size} `);
      const buffer = new Uint8Array(Math.min(sampleBytes, size));
      for (let i = 0; i < samples; i++) {
        const start = Math.floor(((size - buffer.length) * i) / (samples - 1));
        readInto(file, descriptor, buffer, start);
        hash.update(buffer);
      }
    });
  }
  return hash.digest('hex').slice(0, 32);
}
