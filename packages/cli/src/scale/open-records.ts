// Opens what records come from: lines of JSON, or rows of Parquet.
import { fstatSync } from 'node:fs';
import type { Facts } from '@maria/core/errors';
import type { SchemaElement } from 'hyparquet';
import { isFile } from '../hint-at-files.js';
import { openSource } from '../input.js';
import type { RecordSource } from '../jsonl.js';
import type { InputFormat } from './input-formats.js';
import { isParquet, parquetInStream } from './parquet-magic.js';

export interface OpenedRecords extends RecordSource {
  /** Of Parquet. */
  readonly schema?: readonly SchemaElement[];
}

export interface OpenRecordsOptions {
  /** Known by the first bytes without it. */
  readonly format: InputFormat | undefined;
  /** Field or column of the text. */
  readonly textColumn: string;
  /** Fields that the command reads, beside the text. */
  readonly reads: readonly string[];
  /** Whether they are written to Parquet. */
  readonly toParquet: boolean;
  readonly facts?: Facts;
}

/** The records of a file, or of standard input for `-`. @throws DataError where Parquet cannot be read */
export async function openRecords(
  path: string,
  { format, textColumn, reads, toParquet, facts }: OpenRecordsOptions,
  signal: AbortSignal,
): Promise<OpenedRecords> {
  const source = openSource(path, signal, facts);
  const isRows = format === 'parquet' || (format === undefined && isParquet(path));
  // Who reads what is no file tells what is wrong with it.
  if (!isRows || (path !== '-' && !isFile(path))) return { ...source, textColumn };
  if (path === '-' && !fstatSync(0).isFile()) throw parquetInStream(source.name);
  const { parquetSource } = await import('./parquet-source.js');
  const options = { name: source.name, textColumn, reads, types: toParquet ? 'kept' : 'json' } as const;
  return { ...source, ...(await parquetSource(path, options, signal)) };
}

/** The records of each file, opened when it is their turn. */
export async function* openEach(
  paths: readonly string[],
  options: OpenRecordsOptions,
  signal: AbortSignal,
): AsyncGenerator<OpenedRecords> {
  for (const path of paths) yield await openRecords(path, options, signal);
}
