// The folder of an evaluation: config.json, results.jsonl, summary.json, report.html and report.md. One process has it at a time; the same
// evaluation goes on in it, another one is refused.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  isHalfWritten,
  type JsonObject,
  readJsonObject,
  removeHalfWritten,
  writeFileAtomically,
} from '@maria/checkpoints';
import { UsageError } from '@maria/core';
import { type RunKind, takeFolder } from '@maria/training';
import { htmlOf } from '../report/html.js';
import { markdownOf } from '../report/markdown.js';
import type { Report } from '../report/report.js';
import { answersFile, ResultsFile, readRecords, resultsFile, timesFile } from './results-file.js';
import { configFile, type RunConfig, readConfig, refuseOther, writeConfig } from './run-config.js';

export const summaryFile = 'summary.json';
export const reportFiles = { html: 'report.html', markdown: 'report.md' } as const;

const evaluationRun: RunKind = {
  verb: 'evaluate',
  doing: 'evaluating',
  lock: 'eval.lock',
  inPlace: [configFile, resultsFile, timesFile, answersFile, summaryFile, ...Object.values(reportFiles)],
};

export interface OpenRunOptions {
  /** Hears that an earlier run goes on. */
  readonly onNote?: ((message: string) => void) | undefined;
}

export class RunFolder {
  readonly path: string;
  readonly config: RunConfig;
  readonly #release: () => void;

  private constructor(path: string, config: RunConfig, release: () => void) {
    this.path = path;
    this.config = config;
    this.#release = release;
  }

  /**
   * Takes the folder, which is made if it is not there, until `release`.
   * @throws UsageError `run-other` where another evaluation is in it, `out-occupied` where anything else is
   * @throws MariaError `run-locked`, `write-failed`
   */
  static async open(out: string, config: RunConfig, { onNote }: OpenRunOptions = {}): Promise<RunFolder> {
    const path = resolve(out);
    const release = await takeFolder(path, evaluationRun);
    try {
      const names = readdirSync(path).filter((name) => name !== evaluationRun.lock && !isHalfWritten(name));
      if (names.includes(configFile)) {
        const before = readOwn(path, out);
        refuseOther(out, before, config);
        await removeHalfWritten(path);
        if (before.environment.maria !== config.environment.maria)
          onNote?.(
            `The run in ${out} was started with maria ${before.environment.maria}, and goes on with ${config.environment.maria}.`,
          );
        return new RunFolder(path, before, release);
      }
      if (names.length > 0) throw occupied(out, names[0]!);
      await writeConfig(path, config);
      return new RunFolder(path, config, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The records that are there. */
  records(file: string = resultsFile): JsonObject[] {
    return readRecords(join(this.path, file));
  }

  openResults(records: readonly JsonObject[], file: string = resultsFile): Promise<ResultsFile> {
    return ResultsFile.open(join(this.path, file), records);
  }

  async writeSummary(summary: object): Promise<void> {
    await this.write(summaryFile, `${JSON.stringify(summary, null, 2)}\n`);
  }

  async writeReport(report: Report): Promise<void> {
    await this.write(reportFiles.markdown, markdownOf(report));
    await this.write(reportFiles.html, htmlOf(report));
  }

  async write(name: string, text: string): Promise<void> {
    await writeFileAtomically(join(this.path, name), [Buffer.from(text)]);
  }

  release(): void {
    this.#release();
  }
}

/** Of a run; undefined where it is not done. @throws DataError when it is damaged */
export function readSummary(folder: string): JsonObject | undefined {
  const file = join(folder, summaryFile);
  return existsSync(file) ? readJsonObject(file) : undefined;
}

function readOwn(path: string, out: string): RunConfig {
  try {
    return readConfig(path);
  } catch {
    throw occupied(out, configFile);
  }
}

function occupied(out: string, name: string): UsageError {
  return new UsageError('out-occupied', `Cannot evaluate in ${out}: it holds something else (${name}).`, {
    try: 'Evaluate in another folder.',
  });
}
