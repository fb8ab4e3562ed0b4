// The thread that decodes Parquet: what a hostile file makes of it ends with the thread.
import { parentPort, workerData } from 'node:worker_threads';
import { MariaError } from '@maria/core/errors';
import type { SchemaElement } from 'hyparquet';
import { ParquetFile, type ParquetFileOptions } from './parquet-file.js';

/** What it answers, to each message that it gets: first what the file is, then some rows at a time. */
export type ParquetReply =
  | { readonly columns: readonly string[]; readonly schema: readonly SchemaElement[] }
  | { readonly rows: readonly unknown[][] }
  | { readonly end: true }
  | { readonly error: { readonly code: string; readonly message: string; readonly try: string | undefined } };

const rowsAtOnce = 256;

async function* replies(options: ParquetFileOptions): AsyncGenerator<ParquetReply> {
  try {
    const file = await ParquetFile.open(options);
    yield { columns: file.columns, schema: file.schema };
    for (let group = 0; group < file.groups; group++) {
      const rows = await file.rowsOf(group);
      for (let start = 0; start < rows.length; start += rowsAtOnce)
        yield { rows: rows.slice(start, start + rowsAtOnce) };
    }
    yield { end: true };
  } catch (error) {
    if (!(error instanceof MariaError)) throw error;
    const { code, message } = error;
    yield { error: { code, message, try: error.try } };
  }
}

const answers = replies(workerData as ParquetFileOptions);
parentPort!.on('message', async () => {
  const { value } = await answers.next();
  parentPort!.postMessage(value);
});
