// Rows of a Parquet file as records, decoded in a thread of bounded memory.
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DataError } from '@maria/core/errors';
import type { SchemaElement } from 'hyparquet';
import type { JsonObject } from '../jsonl.js';
import { decodeUtf8 } from '../utf8.js';
import type { ParquetFileOptions } from './parquet-file.js';
import { jsonValue } from './parquet-values.js';
import type { ParquetReply } from './parquet-worker.js';

/** Beside a row group, which is bounded by itself. */
const maxHeapMiB = 1536;
/** Seconds that a row group may take. A sound one takes a few. */
const maxSeconds = 120;

export interface ParquetSource {
  readonly name: string;
  readonly schema: readonly SchemaElement[];
  readonly rows: AsyncIterable<JsonObject>;
}

/**
 * @param path `-` for standard input, which has to be a file
 * @throws DataError as ParquetFile does
 */
export async function parquetSource(
  path: string,
  options: Pick<ParquetFileOptions, 'name' | 'textColumn' | 'reads' | 'types'>,
  signal: AbortSignal,
): Promise<ParquetSource> {
  const descriptor = path === '-' ? 0 : openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  const script = fileURLToPath(new URL('./parquet-worker.js', import.meta.url));
  const worker = new Worker(script, {
    workerData: { ...options, descriptor, size } satisfies ParquetFileOptions,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    execArgv: [],
  });
  worker.unref();
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? unfit(options.name, `a row group needs more than ${maxHeapMiB} MiB to decode`)
          : error,
      ),
    );
  });
  failed.catch(() => {});
  const ask = async () => {
    // The work on it keeps the process alive, and nothing else of it does.
    worker.ref();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), maxSeconds * 1000);
    try {
      const reply = once(worker, 'message', { signal: AbortSignal.any([signal, late.signal]) });
      worker.postMessage('next');
      const [answer] = (await Promise.race([reply, failed])) as [ParquetReply];
      if (!('error' in answer)) return answer;
      const { code, message, try: advice } = answer.error;
      throw new DataError(code, message, advice === undefined ? {} : { try: advice });
    } catch (error) {
      await close();
      signal.throwIfAborted();
      if (late.signal.aborted)
        throw unfit(options.name, `a row group took more than ${maxSeconds} s to decode`);
      throw error;
    } finally {
      clearTimeout(timer);
      worker.unref();
    }
  };
  const close = async () => {
    await worker.terminate();
    if (descriptor !== 0) closeSync(descriptor);
  };
  const about = await ask();
  if (!('columns' in about)) throw new Error('a thread that reads Parquet began without its columns');
  const { columns, schema } = about;
  const rows = async function* () {
    for (;;) {
      const reply = await ask();
      if (!('rows' in reply)) break;
      for (const row of reply.rows) yield recordOf(columns, row, options);
    }
    await close();
  };
  return { name: options.name, schema, rows: rows() };
}

/** The text stands in the field "text" too, where its column has another name. Bytes that are no UTF-8 stay bytes. */
function recordOf(
  columns: readonly string[],
  row: readonly unknown[],
  { textColumn, types, reads }: Pick<ParquetFileOptions, 'textColumn' | 'types' | 'reads'>,
): JsonObject {
  const entries = columns.map((name, i) => [name, row[i]] as const);
  // What is not there in a row is not asked for.
  const record = Object.fromEntries(
    entries.filter(([name, value]) => value !== null || !reads.includes(name)),
  );
  if (!columns.includes(textColumn)) return record;
  const held = record[textColumn];
  const text = held instanceof Uint8Array && isUtf8(held) ? decodeUtf8(held, textColumn) : held;
  const passedOn = types === 'json' && { [textColumn]: typeof text === 'string' ? text : jsonValue(text) };
  return { ...record, ...passedOn, text };
}

function unfit(name: string, fact: string): DataError {
  return new DataError('bad-parquet', `Cannot read ${name}: its Parquet data are unfit (${fact}).`, {
    try: 'Check that the file is Parquet, and whole.',
  });
}
