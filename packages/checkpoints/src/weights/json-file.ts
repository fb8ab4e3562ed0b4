// Reads a JSON file of a checkpoint: bounded in size, strict UTF-8, an object at the top.
import { existsSync } from 'node:fs';
import { DataError } from '@maria/core';
import { readInto, withFile } from './file-range.js';

export type JsonObject = { readonly [key: string]: unknown };

/** Far above real files (the largest tokenizer.json in use has some 35 MB). */
export const maxJsonBytes = 200_000_000;

function bad(file: string, fact: string, cause?: unknown): DataError {
  return new DataError('bad-json', `Cannot read ${file}: ${fact}.`, {
    try: 'correct the file, or take it again from where it came',
    cause,
  });
}

/** @throws DataError naming the file: missing, too large, empty, not UTF-8, not JSON or not an object */
export function readJsonObject(file: string, maxBytes: number = maxJsonBytes): JsonObject {
  const bytes = withFile(file, (descriptor, size) => {
    if (size > maxBytes)
      throw bad(file, `it has ${size} bytes, more than the ${maxBytes} that such a file may have`);
    const content = new Uint8Array(size);
    readInto(file, descriptor, content, 0);
    return content;
  });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw bad(file, 'it is not valid UTF-8', error);
  }
  if (text.trim() === '') throw bad(file, 'it is empty');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(file, `it is not valid JSON (${(error as Error).message})`, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(file, 'it holds no JSON object');
  return value as JsonObject;
}

/** The same, undefined where there is no such file. */
export function readJsonObjectIfPresent(file: string, maxBytes?: number): JsonObject | undefined {
  return existsSync(file) ? readJsonObject(file, maxBytes) : undefined;
}
