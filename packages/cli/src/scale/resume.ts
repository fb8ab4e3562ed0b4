// An output file that is written in place, so that a later run can go on behind what it holds.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { ExitStatus, MariaError } from '@maria/core/errors';
import { isJsonObject, readJson } from '@maria/core/json';
import { readLines } from '../input.js';
import { isError, type JsonObject } from '../jsonl.js';
import { elsewhere, inPieces, type Sink, writeError } from '../output.js';
import { refuseNoName, refusePlantedLink } from '../output-file.js';

/** Longest line that an output may hold, in bytes. */
const maxLineBytes = 2 ** 30;

export interface OutputForm {
  /** Lines of one text. */
  readonly linesEach: number;
  /** Whether a line is a JSON record; else what follows the last line break was cut off, whatever it is. */
  readonly records: boolean;
}

export interface ResumedOutput {
  readonly sink: Sink;
  /** Texts that the file holds whole. */
  readonly done: number;
  /** How many of them are error records. */
  readonly failed: number;
}

/**
 * Opens a file to write behind the whole texts in it, or a new one. It stays as it is until the first write.
 * @throws MariaError `cannot-write`
 */
export async function resumedOutput(path: string, form: OutputForm): Promise<ResumedOutput> {
  try {
    refuseNoName(path);
    await refusePlantedLink(path);
    const target = await realpath(path).catch(() => path);
    const existing = await stat(target).catch(() => undefined);
    if (existing && !existing.isFile()) throw new Error('only a file can be gone on with');
    const handle = await open(target, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      const held = await wholeTexts(handle, path, form);
      return { ...held, sink: inPieces(sinkBehind(handle, path, held)) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof MariaError ? error : writeError(path, error, elsewhere('--output'));
  }
}

interface Held {
  readonly done: number;
  readonly failed: number;
  /** Bytes of the whole texts. */
  readonly length: number;
  /** Whether the last of them has no line break yet. */
  readonly open: boolean;
}

async function wholeTexts(handle: FileHandle, path: string, form: OutputForm): Promise<Held> {
  let held: Held = { done: 0, failed: 0, length: 0, open: false };
  let at = 0;
  let lines = 0;
  let failedLines = 0;
  for await (const line of readLines(handle.createReadStream({ start: 0, autoClose: false }), maxLineBytes)) {
    if (line.bytes === undefined)
      throw new MariaError(
        'cannot-write',
        ExitStatus.failed,
        `Cannot go on with ${path}: line ${line.number} is longer than ${maxLineBytes / 2 ** 30} GiB.`,
      );
    if (line.ending === '' && !(form.records && (await recordIn(line.bytes)) !== undefined)) break;
    at += line.bytes.length + line.ending.length;
    lines++;
    if (form.records && line.bytes.includes('"error":') && (await isErrorRecord(line.bytes))) failedLines++;
    if (lines % form.linesEach === 0)
      held = { done: lines / form.linesEach, failed: failedLines, length: at, open: line.ending === '' };
  }
  return held;
}

/** The object in a line; undefined where the line is cut off, or something else. */
async function recordIn(bytes: Buffer): Promise<JsonObject | undefined> {
  try {
    const value = await readJson(bytes.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function isErrorRecord(bytes: Buffer): Promise<boolean> {
  return isError((await recordIn(bytes))?.error);
}

function sinkBehind(handle: FileHandle, path: string, { length, open }: Held): Sink {
  let at = length;
  let begun = false;
  const writeBytes = async (bytes: Uint8Array) => {
    for (let start = 0; start < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, start, bytes.length - start, at);
      start += bytesWritten;
      at += bytesWritten;
    }
  };
  const begin = async () => {
    if (begun) return;
    begun = true;
    await handle.truncate(length);
    if (open) await writeBytes(Buffer.from('\n'));
  };
  const told = (error: unknown) => Promise.reject(writeError(path, error, elsewhere('--output')));
  return {
    write: async (text) => {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      await begin()
        .then(() => writeBytes(bytes))
        .catch(told);
    },
    close: async () => {
      await begin()
        .then(() => handle.sync())
        .then(() => handle.close())
        .catch(told);
    },
    abandon: async () => {
      await handle.close().catch(() => {});
      return path;
    },
  };
}
