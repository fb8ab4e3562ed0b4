// results.jsonl: a record of each piece of work, one JSON object a line, always in the same order. It holds no times, so a run that was
// killed and went on has the bytes of one that was not.
import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileFact, type JsonObject, writeFileAtomically } from '@maria/checkpoints';
import { ExitStatus, isJsonObject, MariaError } from '@maria/core';

export const resultsFile = 'results.jsonl';
/** Milliseconds that pieces of work took, a record a line: not part of the results. */
export const timesFile = 'times.jsonl';
/** What a judge answered, by the content of the question. */
export const answersFile = 'answers.jsonl';

/** The records of a file up to the first line that is none, such as one that was cut off. Empty where there is no file. */
export function readRecords(file: string): JsonObject[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const records: JsonObject[] = [];
  // What stands behind the last line break is cut off, even where it reads as a record.
  for (const line of text.split('\n').slice(0, -1)) {
    const record = recordIn(line);
    if (!record) break;
    records.push(record);
  }
  return records;
}

function recordIn(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Appends records, one after the other. */
export class ResultsFile {
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Keeps `records`, which are the beginning of what the file holds, and drops the rest. @throws MariaError `write-failed` */
  static async open(file: string, records: readonly JsonObject[]): Promise<ResultsFile> {
    await writeFileAtomically(
      file,
      records.map((record) => Buffer.from(`${JSON.stringify(record)}\n`)),
    );
    const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
    return new ResultsFile(file, await open(file, O_WRONLY | O_APPEND | O_NOFOLLOW));
  }

  /** @throws MariaError `write-failed` */
  async append(record: JsonObject): Promise<void> {
    await this.#attempt(() => this.#handle.appendFile(`${JSON.stringify(record)}\n`));
  }

  /** Puts on disk what was appended. @throws MariaError `write-failed` */
  async close(): Promise<void> {
    try {
      await this.#attempt(() => this.#handle.sync());
    } finally {
      await this.#handle.close();
    }
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const message = `Cannot write ${this.#file}: ${fileFact(error)}.`;
      throw new MariaError('write-failed', ExitStatus.failed, message, { cause: error });
    }
  }
}
