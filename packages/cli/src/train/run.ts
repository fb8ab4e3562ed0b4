// Runs one training from the command line: shows how far it is, and leaves the curves in its folder.
import { join, relative } from 'node:path';
import { InterruptedError } from '@maria/core/errors';
import type { MetricsRecord, OpenTrainingOptions } from '@maria/training';
import { ClosedPipeError, type Sink } from '../output.js';
import { quantizeTeller } from '../quantize-teller.js';
import type { StatusLine } from '../status-line.js';
import { lossChart } from './charts.js';
import type { TrainEngine } from './engine.js';
import { HeldOutLoss } from './held-out.js';
import { evaluationLine, TrainingProgress } from './progress.js';

export interface TrainRun {
  readonly engine: TrainEngine;
  readonly options: OpenTrainingOptions;
  readonly featureCacheBytes: number | undefined;
  readonly signal: AbortSignal;
  readonly status: StatusLine;
  /** Takes the records as they come; undefined where they are not wanted. */
  readonly records: Sink | undefined;
  readonly chartSize: { readonly columns: number; readonly rows: number };
  /** Takes a line for the person who runs the command. */
  readonly note: (line: string) => void;
  /** Takes what is told with --quiet too. */
  readonly tell: (line: string) => void;
}

/** Returns the records of all steps. @throws as `openTraining` and `runTraining` do */
export async function runTrain(run: TrainRun): Promise<readonly MetricsRecord[]> {
  const { engine, signal, status, featureCacheBytes } = run;
  const note = (line: string) => {
    status.clear();
    run.note(line);
  };
  const opened = await openRun(run, note);
  const { out, settings, trainer } = opened;
  // A reader of the records that goes away is like Ctrl-C: what is done is saved.
  const closedPipe = new AbortController();
  const heldOut = new HeldOutLoss(
    engine.readMetrics(join(out, engine.metricsFile)).filter(({ step }) => step < trainer.steps),
  );
  const tellBest = () => {
    const line = heldOut.line(shortest(join(out, engine.bestFolder)));
    if (line !== undefined) note(line);
  };
  let savedAt: number | undefined;
  try {
    if (trainer.steps >= settings.steps) note(`All ${settings.steps} steps are taken already.`);
    else if (trainer.steps > 0) note(`Going on after step ${trainer.steps} of ${settings.steps}.`);
    else if (isOfEmbeddedHead(run, settings.init))
      note('Starting from the head that ships with maria. From the product of experts: --init product.');
    const progress = new TrainingProgress(settings.steps);
    const events = engine.runTraining(opened, {
      ...(featureCacheBytes !== undefined && { featureCacheBytes }),
      onWarning: (message) => note(`Warning: ${message}`),
      signal: AbortSignal.any([signal, closedPipe.signal]),
    });
    for await (const event of events) {
      if (event.type === 'saved') {
        savedAt = event.step;
        continue;
      }
      const { record } = event;
      await writeRecord(run, record, closedPipe);
      progress.follow(record);
      if (record.evalLoss !== undefined) note(evaluationLine(record, settings.steps));
      const rises = heldOut.follow(record);
      if (rises !== undefined) note(`Warning: ${rises}`);
      status.show(progress.bar());
    }
    status.clear();
    const all = engine.readMetrics(join(out, engine.metricsFile));
    await drawCurves(run, out, all);
    tellBest();
    return all;
  } catch (error) {
    status.clear();
    if (error instanceof InterruptedError) {
      tellBest();
      run.tell(
        savedAt === undefined && trainer.steps === 0
          ? 'No step was taken.'
          : `Saved after ${savedAt ?? trainer.steps} steps. Go on with: maria train --out ${run.options.out} --resume`,
      );
    }
    throw error;
  } finally {
    opened.dispose();
  }
}

/** Nothing more is written once the reader has gone away. */
async function writeRecord(run: TrainRun, record: MetricsRecord, closedPipe: AbortController): Promise<void> {
  if (closedPipe.signal.aborted) return;
  try {
    await run.records?.write(`${JSON.stringify(record)}\n`);
  } catch (error) {
    if (!(error instanceof ClosedPipeError)) throw error;
    run.note('Nobody reads standard output any more.');
    closedPipe.abort(new InterruptedError());
  }
}

function isOfEmbeddedHead({ options: { model, ar } }: TrainRun, init: string): boolean {
  return init === 'model' && model === undefined && ar === undefined;
}

/** Opens the run, and tells how far the reading of its data is. */
export async function openRun(
  { engine, options, status }: Pick<TrainRun, 'engine' | 'options' | 'status'>,
  note: (line: string) => void,
) {
  try {
    return await engine.openTraining({
      ...options,
      onNote: note,
      onWarning: (message) => note(`Warning: ${message}`),
      onProgress: ({ documents, tokens }) =>
        status.show(`reading data: ${documents} documents, ${tokens} tokens`),
      onQuantize: quantizeTeller(note, status),
      onPull: ({ file, all }) =>
        status.show(
          `downloading ${file}: ${Math.floor((100 * all.received) / Math.max(1, all.total))} % of all files`,
        ),
    });
  } finally {
    status.clear();
  }
}

async function drawCurves(
  { engine, chartSize, note }: TrainRun,
  out: string,
  records: readonly MetricsRecord[],
): Promise<void> {
  const chart = lossChart(records);
  const file = join(out, 'loss.svg');
  await engine.writeFileAtomically(file, [Buffer.from(engine.lineChartSvg(chart))]);
  for (const line of engine.lineChartText(chart, chartSize).split('\n')) note(line);
  const shown = shortest(out);
  note(`The model is in ${shown}; try: maria infill --model ${shown} "The [MASK] sat on the mat."`);
}

/** The path from here where it leads down, else the whole path. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
