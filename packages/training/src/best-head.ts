// The head with the lowest held-out loss of a run so far: a MARIA checkpoint of its own, beside the last one.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonObjectIfPresent, removeHalfWritten, writeMariaCheckpoint } from '@maria/checkpoints';
import type { HiddenRows } from '@maria/core';
import { describedTraining } from './described-training.js';
import type { MetricsRecord } from './metrics-file.js';
import type { OpenTraining } from './open-training.js';
import { bestFolder } from './run-folder.js';

export class BestHead {
  readonly #run: OpenTraining;
  #loss: number;

  private constructor(run: OpenTraining, loss: number) {
    this.#run = run;
    this.#loss = loss;
  }

  /** Of a run that goes on, with what it has kept; a run that begins forgets what another one left. */
  static async open(run: OpenTraining): Promise<BestHead> {
    const folder = join(run.out, bestFolder);
    if (run.trainer.steps > 0) {
      await removeHalfWritten(folder);
      return new BestHead(run, keptLoss(run));
    }
    await rm(folder, { recursive: true, force: true });
    return new BestHead(run, Number.POSITIVE_INFINITY);
  }

  /**
   * Keeps the head as it is now if the record, which is of it, says that it is the best.
   * @param rows of the held-out text
   * @throws MariaError `write-failed`
   */
  async follow(record: MetricsRecord, rows: HiddenRows): Promise<void> {
    if (record.evalLoss === undefined || record.evalLoss >= this.#loss) return;
    const folder = join(this.#run.out, bestFolder);
    // A folder without it is no checkpoint: a run that dies here has the head evaluated and kept again.
    await rm(join(folder, 'config.json'), { force: true });
    const { vocabularySize: _, ...description } = await describedTraining(this.#run, record, rows);
    await writeMariaCheckpoint(folder, { ...description, head: await this.#run.trainer.head() });
    this.#loss = record.evalLoss;
  }
}

/** Held-out losses on other text do not compare. */
function keptLoss({ out, origin }: OpenTraining): number {
  const config = readJsonObjectIfPresent(join(out, bestFolder, 'config.json'));
  const { evalLoss, evalDataSha256 } = (config?.training ?? {}) as Record<string, unknown>;
  return typeof evalLoss === 'number' && evalDataSha256 === origin.evalData?.sha256
    ? evalLoss
    : Number.POSITIVE_INFINITY;
}
