// Opens a .safetensors file: reads and checks its header, nothing else. Format: u64 header length, JSON header, data.
import { realpathSync } from 'node:fs';
import { DataError } from '@maria/core';
import { unreadable } from './file-errors.js';
import { readInto, withFile } from './file-range.js';
import { HeaderError, parseSafetensorsHeader, type SafetensorsHeader } from './safetensors-header.js';
import { checkLayout } from './safetensors-layout.js';
import { type StoredTensors, storedTensors, type TensorEntry } from './stored-tensors.js';

/** Longest header that the format allows, in bytes. */
export const maxHeaderBytes = 100_000_000;

export interface SafetensorsFile extends StoredTensors {
  readonly file: string;
  /** The header's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

const downloadAgain = (file: string) => ({ try: 'Download the file again.', facts: { file } });

function bad(file: string, fact: string, cause?: unknown): DataError {
  return new DataError('bad-safetensors', `Cannot read ${file}: ${fact}.`, { ...downloadAgain(file), cause });
}

function headerLength(file: string, prefix: Uint8Array, size: number): number {
  // A clone without Git LFS leaves a small text file in the place of the weights.
  if (Buffer.from(prefix).toString('latin1') === 'version ')
    throw new DataError('bad-safetensors', `Cannot read ${file}: it is a Git LFS pointer, not the weights.`, {
      try: 'git lfs pull',
    });
  const length = Buffer.from(prefix).readBigUInt64LE();
  if (length > BigInt(maxHeaderBytes))
    throw bad(
      file,
      `its header claims ${length} bytes, the format allows ${maxHeaderBytes}; it is not a safetensors file`,
    );
  if (Number(length) > size - 8)
    throw new DataError(
      'truncated-file',
      `Cannot read ${file}: its header claims ${length} bytes and only ${size - 8} follow.`,
      downloadAgain(file),
    );
  return Number(length);
}

function decodeHeader(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw bad(file, 'its header is not valid UTF-8', error);
  }
}

/**
 * The tensors of one file. Only the header is read; `read` and `bytes` open the file again when called.
 * @throws DataError naming the file, and the tensor where there is one: `missing-file`, `unreadable-file`,
 * `truncated-file` or `bad-safetensors`
 */
export function openSafetensors(file: string): SafetensorsFile {
  return withFile(file, (descriptor, size) => {
    if (size === 0) throw bad(file, 'it is empty');
    if (size < 8)
      throw new DataError(
        'truncated-file',
        `Cannot read ${file}: it has only ${size} bytes.`,
        downloadAgain(file),
      );
    const prefix = new Uint8Array(8);
    readInto(file, descriptor, prefix, 0);
    const headerBytes = new Uint8Array(headerLength(file, prefix, size));
    readInto(file, descriptor, headerBytes, 8);
    const text = decodeHeader(file, headerBytes);
    const start = 8 + headerBytes.length;
    try {
      const header: SafetensorsHeader = parseSafetensorsHeader(text);
      // The real path: ONNX Runtime refuses external data that a link (as in the Hub's cache) takes out of the model's folder.
      const real = realpathSync(file);
      const entries = new Map<string, TensorEntry>();
      for (const { name, dtype, shape, elements, begin, length } of checkLayout(header.tensors, size - start))
        entries.set(name, { name, dtype, shape, elements, file: real, offset: start + begin, length });
      return { file, metadata: header.metadata, ...storedTensors(file, entries) };
    } catch (error) {
      if (error instanceof HeaderError) throw bad(file, error.message, error);
      throw error instanceof DataError ? error : unreadable(file, error);
    }
  });
}
