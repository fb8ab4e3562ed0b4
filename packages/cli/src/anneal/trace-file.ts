// The trace of a run on disk: a line of JSON for each sweep, written when the sweep ends, so that a killed run can be resumed. Lines of
// chains that run at once are mixed; those of one chain are in order.
import { open } from 'node:fs/promises';
import type { SweepRecord } from '@maria/core';
import { DataError, MariaError, UsageError } from '@maria/core/errors';
import { openSource, readLines } from '../input.js';
import { parseObject } from '../jsonl.js';
import { elsewhere, writeError } from '../output.js';
import type { Annealing } from './engine.js';

/** Records of the chains of a trace, each in order of its sweeps. */
export type Chains = ReadonlyMap<number, readonly SweepRecord[]>;

export interface ReadTrace {
  readonly chains: Chains;
  /** Bytes of its complete lines; a last line that was cut off is left out. */
  readonly bytes: number;
}

/**
 * @throws DataError naming the line that is no record
 * @throws UsageError when a record is of a chain that the run does not have
 */
export async function readTrace(
  path: string,
  { readSweepRecord }: Pick<Annealing, 'readSweepRecord'>,
  { chains: count, signal }: { readonly chains: number; readonly signal: AbortSignal },
): Promise<ReadTrace> {
  const chains = new Map<number, SweepRecord[]>();
  let bytes = 0;
  for await (const line of readLines(openSource(path, signal).bytes)) {
    if (line.ending === '') break;
    const record = readSweepRecord(await objectOf(line, path), `line ${line.number} of ${path}`);
    if (record.chain >= count)
      throw new UsageError(
        'resume-mismatch',
        `Cannot resume: line ${line.number} of ${path} is of chain ${record.chain}, and this run has ${count}.`,
        { try: `Resume with --chains ${record.chain + 1} or more, as the run that wrote the trace.` },
      );
    const records = chains.get(record.chain);
    if (records) records.push(record);
    else chains.set(record.chain, [record]);
    bytes += (line.bytes?.length ?? 0) + line.ending.length;
  }
  return { chains, bytes };
}

/** A trace is a file that maria wrote: what is wrong with a line is wrong with the file. */
async function objectOf(line: Parameters<typeof parseObject>[0], path: string): Promise<unknown> {
  try {
    return await parseObject(line, `line ${line.number} of ${path}`);
  } catch (error) {
    if (!(error instanceof MariaError)) throw error;
    throw new DataError('invalid-trace', error.message, {
      try: 'Record with maria anneal --trace FILE.',
      cause: error,
    });
  }
}

export interface TraceFile {
  append(record: SweepRecord): Promise<void>;
  close(): Promise<void>;
}

/** A new trace. A file that is there already is checked now, and replaced when the first sweep ends. */
export async function createTrace(path: string): Promise<TraceFile> {
  return traceFile(path, 0, elsewhere('--trace'));
}

/** Goes on with a trace after its complete lines. */
export async function continueTrace(path: string, { bytes }: ReadTrace): Promise<TraceFile> {
  return traceFile(path, bytes, 'Resume from a copy that can be written: --resume FILE.');
}

/** @param kept bytes at the start of the file that stay */
async function traceFile(path: string, kept: number, advice: string): Promise<TraceFile> {
  const failed = (error: unknown) => Promise.reject(writeError(path, error, advice));
  const handle = await open(path, 'a').catch(failed);
  let isCut = false;
  const append = async (record: SweepRecord) => {
    try {
      if (!isCut && (await handle.stat()).isFile()) await handle.truncate(kept);
      isCut = true;
      await handle.appendFile(`${JSON.stringify(record)}\n`);
    } catch (error) {
      await failed(error);
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    append(record) {
      // One line after the other, whoever else writes one.
      last = last.then(() => append(record));
      return last;
    },
    close: () => handle.close().catch(failed),
  };
}
