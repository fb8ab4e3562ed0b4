// Reads a data set: a file, or the files of a folder, of a format that is given or known by the name.
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unreadable } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { fileSource } from '@maria/training';
import { readItems } from './formats.js';
import type { DataFormat, DataItem, DataSet } from './item.js';

export interface ReadDataOptions {
  /** @default by the name of the file, else text */
  readonly format?: DataFormat | undefined;
  /** Field of JSONL that holds the text. @default 'text' */
  readonly field?: string | undefined;
  /** Most items; of the files of a folder each gives about as many. */
  readonly most: number;
  /** Most characters of an item that are read. */
  readonly longest: number;
  readonly signal?: AbortSignal | undefined;
}

const readable = /\.(?:txt|md|text|jsonl|ndjson|csv)(?:\.(?:zst|gz))?$/i;

/** @throws DataError when a file is missing, damaged, or not of the format; when there is no text in it */
export async function readData(path: string, options: ReadDataOptions): Promise<DataSet> {
  const files = filesOf(path);
  const formats = new Set(files.map((file) => options.format ?? formatOf(file)));
  if (formats.size > 1)
    throw new DataError(
      'formats-mixed',
      `Cannot read ${path} as one data set: its files are of the formats ${[...formats].join(' and ')}.`,
      { try: 'Give the files one by one.' },
    );
  const [format] = formats as unknown as [DataFormat];
  const items: DataItem[] = [];
  const most = Math.ceil(options.most / files.length);
  for (const file of files) {
    let count = 0;
    for await (const item of readItems[format](fileSource(file), {
      field: options.field ?? 'text',
      longest: options.longest,
    })) {
      options.signal?.throwIfAborted();
      items.push(item);
      if (++count >= most) break;
    }
  }
  if (items.length === 0)
    throw new DataError('empty-text', `Cannot evaluate on ${path}: there is no text in it.`, {
      try: 'Give a file, or a folder of files, that holds text.',
    });
  const kept = items.slice(0, options.most);
  return { name: path, format, items: kept, sha256: hashOf(kept) };
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path)
      .filter((name) => readable.test(name))
      .sort();
    if (names.length > 0) return names.map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
  throw new DataError('no-data', `Cannot evaluate on the folder ${path}: it holds no text.`, {
    try: 'Give a file, or a folder with *.txt, *.jsonl or *.csv in it, which may be compressed.',
  });
}

function formatOf(file: string): DataFormat {
  const name = basename(file);
  if (/lambada/i.test(name)) return 'lambada';
  if (/HumanEval-.*Infilling/i.test(name)) return 'humaneval-infilling';
  if (/santacoder/i.test(name)) return 'santacoder-fim';
  return /\.csv(?:\.(?:zst|gz))?$/i.test(name) ? 'rocstories' : 'text';
}

function hashOf(items: readonly DataItem[]): string {
  const hash = createHash('sha256');
  for (const item of items) hash.update(JSON.stringify(item));
  return hash.digest('hex');
}
