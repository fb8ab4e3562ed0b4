// Reads a JSON file of a checkpoint: bounded in size, strict UTF-8, an object at the top.
import { existsSync } from 'node:fs';
import { atOnce, isJsonObject, parsingJson } from '@maria/core';
import { badFile, maxTextBytes, readText } from './text-file.js';

export type JsonObject = { readonly [key: string]: unknown };

/** @throws DataError naming the file: missing, too large, empty, not UTF-8, not JSON or not an object */
export function readJsonObject(file: string, maxBytes?: number): JsonObject {
  return atOnce(readingJsonObject(file, maxBytes));
}

/** The same, which stops now and then where the file is long. */
export function* readingJsonObject(
  file: string,
  maxBytes: number = maxTextBytes,
): Generator<void, JsonObject> {
  const bad = (fact: string, cause?: unknown) => badFile('bad-json', file, fact, cause);
  const text = readText(file, maxBytes, 'bad-json');
  if (text.trim() === '') throw bad('it is empty');
  let value: unknown;
  try {
    value = yield* parsingJson(text);
  } catch (error) {
    throw bad(`it is not valid JSON (${(error as Error).message})`, error);
  }
  if (!isJsonObject(value)) throw bad('it holds no JSON object');
  return value;
}

/** The same, undefined where there is no such file. */
export function readJsonObjectIfPresent(file: string, maxBytes?: number): JsonObject | undefined {
  return existsSync(file) ? readJsonObject(file, maxBytes) : undefined;
}
