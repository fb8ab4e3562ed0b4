// metrics.jsonl: a record of each step, one JSON object a line, in the order of the steps.
import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileFact, writeFileAtomically } from '@maria/checkpoints';
import { ExitStatus, MariaError } from '@maria/core';
import { z } from 'zod';

export const metricsFile = 'metrics.jsonl';

const schema = z.object({
  /** Steps taken before: the losses are those of the head after them. */
  step: z.number().int().nonnegative(),
  /** Mean loss of the masked tokens of a batch, in nats. */
  loss: z.number(),
  /** Of the step that follows. */
  learningRate: z.number(),
  /** Tokens of text a second, evaluations and saves included. */
  tokensPerSecond: z.number(),
  /** Masked tokens of the batch. */
  maskedTokens: z.number(),
  /** Mean loss of the held-out masked tokens, in nats. */
  evalLoss: z.number().optional(),
  /** exp(evalLoss) */
  evalPerplexity: z.number().optional(),
});
export type MetricsRecord = z.infer<typeof schema>;

/** The records of a file; a line that was cut off is none. Empty where there is no file. */
export function readMetrics(file: string): MetricsRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [schema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

export class MetricsFile {
  readonly records: MetricsRecord[];
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle, records: MetricsRecord[]) {
    this.#file = file;
    this.#handle = handle;
    this.records = records;
  }

  /** Keeps the records of steps before `step`, which come again. @throws MariaError `write-failed` */
  static async open(file: string, step: number): Promise<MetricsFile> {
    const kept = readMetrics(file).filter((record) => record.step < step);
    const lines = kept.map((record) => `${JSON.stringify(record)}\n`);
    await writeFileAtomically(file, [Buffer.from(lines.join(''))]);
    const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
    return new MetricsFile(file, await open(file, O_WRONLY | O_APPEND | O_NOFOLLOW), kept);
  }

  /** @throws MariaError `write-failed` */
  async append(record: MetricsRecord): Promise<void> {
    await this.#attempt(() => this.#handle.appendFile(`${JSON.stringify(record)}\n`));
    this.records.push(record);
  }

  /** Puts on disk what was appended. @throws MariaError `write-failed` */
  async sync(): Promise<void> {
    await this.#attempt(() => this.#handle.sync());
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw new MariaError(
        'write-failed',
        ExitStatus.failed,
        `Cannot write ${this.#file}: ${fileFact(error)}.`,
        {
          cause: error,
        },
      );
    }
  }
}
