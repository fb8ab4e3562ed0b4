// Reads a text file of a checkpoint: bounded in size, strict UTF-8.
import { existsSync } from 'node:fs';
import { DataError } from '@maria/core';
import { readInto, withFile } from './file-range.js';

/** Far above real files (the largest tokenizer.json in use has some 35 MB). */
export const maxTextBytes = 200_000_000;

/** "Cannot read FILE: FACT." */
export function badFile(code: string, file: string, fact: string, cause?: unknown): DataError {
  return new DataError(code, `Cannot read ${file}: ${fact}.`, {
    try: 'Correct the file, or take it again from where it came.',
    cause,
  });
}

/** @throws DataError naming the file: missing, too large or not UTF-8 */
export function readText(file: string, maxBytes = maxTextBytes, code = 'bad-text'): string {
  const bytes = withFile(file, (descriptor, size) => {
    if (size > maxBytes)
      throw badFile(code, file, `it has ${size} bytes, more than the ${maxBytes} that such a file may have`);
    const content = new Uint8Array(size);
    readInto(file, descriptor, content, 0);
    return content;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw badFile(code, file, 'it is not valid UTF-8', error);
  }
}

/** The same, undefined where there is no such file. */
export function readTextIfPresent(file: string): string | undefined {
  return existsSync(file) ? readText(file) : undefined;
}
