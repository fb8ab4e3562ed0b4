// Fills the texts of one `maria infill`, several at once, and writes each when it is its turn.
import type { InfillEvent, InfillOptions, InfillResult, Model } from '@maria/core';
import { MariaError } from '@maria/core/errors';
import type { Engine } from '../engine.js';
import { type Sink, writeRecord } from '../output.js';
import { concernsOneText, errorRecord, placed } from '../text-errors.js';
import type { TextProgress } from '../text-progress.js';
import { tryNext } from '../try-next.js';
import { windowsTeller } from '../windows-note.js';
import { alternativesTable } from './alternatives.js';
import { Changes } from './changes.js';
import { colorFills } from './confidence.js';
import { errorEvent, eventRecord, fieldsWritten, infillRecord } from './records.js';
import type { InfillStats } from './stats.js';
import type { GivenText, Input, UnreadableText } from './texts.js';

export interface InfillRun {
  readonly engine: Engine;
  readonly model: Model;
  readonly options: InfillOptions & {
    readonly underscores: boolean;
    readonly specialTokens?: boolean;
    readonly maxLength?: number;
  };
  /** The seed that was drawn for the run, if it was. */
  readonly runSeed?: number;
  /** Number of the first text. */
  readonly firstRecord: number;
  readonly format: 'text' | 'diff' | 'json' | 'events';
  /** An error of one text becomes a record, and the run goes on. */
  readonly keepGoing: boolean;
  /** Texts that are filled at once. */
  readonly batch: number;
  readonly color: boolean;
  readonly sink: Sink;
  readonly stats: Pick<InfillStats, 'begin' | 'end' | 'add'>;
  readonly progress: Pick<TextProgress, 'follow' | 'finish'>;
  /** Takes a line for the person who runs the command. */
  readonly note: (line: string) => void;
  /** Takes what is told with --quiet too. */
  readonly tell: (line: string) => void;
}

/** Returns how many texts failed. @throws the first error, unless `keepGoing` and it concerns one text only */
export async function runInfill(
  run: InfillRun,
  inputs: AsyncIterable<Input> | Iterable<Input>,
): Promise<number> {
  let failed = 0;
  let untouched = 0;
  const advised = new Set<string>();
  const tellWindows = windowsTeller(run.note);
  const changes = new Changes(run.options.best ?? run.options.samples ?? 1);
  const fills = run.engine.inOrder(inputs, run.engine.sequencesFor(run.batch), (input) => fill(run, input));
  for await (const told of fills) {
    run.options.signal?.throwIfAborted();
    const { input } = told;
    if ('event' in told) {
      run.progress.follow(told.event);
      if (told.event.type === 'windows-planned') tellWindows(told.event.windows, input.name);
      if (run.format === 'events')
        await writeJson(run, eventRecord(input.index, input.identity, told.event, drawnFor(run, input)));
      continue;
    }
    try {
      if ('error' in told) throw told.error;
      await writeFilled(run, input as GivenText, told.result, changes);
    } catch (error) {
      if (isWithoutGap(error, input)) {
        untouched++;
        await passOn(run, input, changes);
        continue;
      }
      if (!concernsOneText(error)) throw error;
      const isLine = input.passThrough !== undefined;
      if (!run.keepGoing && !isLine) throw placed(error, input.name);
      failed++;
      if (isLine && (run.format === 'text' || run.format === 'diff')) {
        await handOn(run, input, error, advised);
        continue;
      }
      const record = errorRecord(error, input.identity, fieldsWritten);
      await writeJson(run, run.format === 'events' ? errorEvent(input.index, record) : record);
    } finally {
      run.progress.finish();
    }
  }
  if (untouched > 0)
    run.note(`${untouched} ${untouched === 1 ? 'line has' : 'lines have'} no gap: passed on as given.`);
  return failed;
}

async function* fill(run: InfillRun, text: Input): AsyncGenerator<InfillEvent, InfillResult> {
  if ('error' in text) throw text.error;
  const given = typeof text.input === 'string' ? text.input : [...text.input];
  run.stats.begin();
  try {
    const { gaps } = text;
    return yield* run.engine.infill(run.model, given, {
      ...run.options,
      ...noiseOf(text, run),
      ...(gaps !== undefined && { gaps }),
    });
  } finally {
    run.stats.end();
  }
}

async function writeFilled(
  run: InfillRun,
  text: GivenText,
  result: InfillResult,
  changes: Changes,
): Promise<void> {
  run.stats.add(result);
  if (run.format === 'diff') await run.sink.write(changes.of(text, result.samples));
  if (run.format === 'json') await writeJson(run, infillRecord(text.identity, result, drawnFor(run, text)));
  if (run.format === 'text') await writeText(run, text, result);
  if (run.format === 'text' || run.format === 'diff')
    for (const line of alternativesTable(result.samples)) run.tell(line);
}

/** The seed that the run drew, where the text has none of its own. */
function drawnFor({ runSeed }: InfillRun, text: Input): number | undefined {
  return 'error' in text || text.seed !== undefined ? undefined : runSeed;
}

/** A line without a gap is no fault. */
function isWithoutGap(error: unknown, input: Input): input is GivenText {
  return (
    !('error' in input) &&
    Boolean(input.passThrough) &&
    error instanceof MariaError &&
    error.code === 'no-gap'
  );
}

/**
 * A line that cannot be read or filled goes on as it is, and what is wrong with it is told.
 * @param advised what was told to try for lines before: all lines of a file may be wrong in the same way
 */
async function handOn(
  run: InfillRun,
  text: GivenText | UnreadableText,
  error: MariaError,
  advised: Set<string>,
): Promise<void> {
  const hint = tryNext(error);
  run.tell(placed(error, text.name).message);
  if (hint !== undefined && !advised.has(hint)) {
    run.tell(`Try: ${hint}`);
    advised.add(hint);
  }
  if (run.format === 'diff') return;
  await run.sink.write('error' in text ? (text.passThrough ?? '') : `${text.input}${text.ending}`);
}

/** A text with a seed of its own is filled as the first of a run with that --seed, which asks for sampling. */
function noiseOf({ seed, index }: GivenText, { options, firstRecord }: InfillRun): InfillOptions {
  // The best fills are no sample.
  if (seed === undefined || options.best !== undefined) return { record: firstRecord + index };
  return { seed, record: 0, temperature: options.temperature ?? 1 };
}

/** A line without a gap, in the shape of the lines with one. */
async function passOn(run: InfillRun, text: GivenText, changes: Changes): Promise<void> {
  const { index, identity, input: given, ending } = text;
  if (typeof given !== 'string') return;
  const { maskToken } = run.model.vocabulary;
  // Markers that are meant as text lose their backslash here too.
  const input = run.engine.segmentsOf(given, { underscores: run.options.underscores, maskToken }).join('');
  const isPlain = run.format === 'text' || run.format === 'diff';
  const ids = isPlain ? [] : [...(await run.model.vocabulary.encode(input, { specialTokens: false }))];
  const copies = Array.from({ length: run.options.samples ?? 1 }, (_, sample) => sample);
  if (run.format === 'text') await run.sink.write(copies.map(() => input + ending).join(''));
  else if (run.format === 'diff')
    await run.sink.write(
      changes.of(
        text,
        copies.map((sample) => ({ sample, text: input })),
      ),
    );
  else {
    const samples = copies.map((sample) => ({ sample, text: input, ids, gaps: [], logLikelihood: 0 }));
    if (run.format === 'json') return writeJson(run, infillRecord(identity, { samples, excluded: [] }));
    for (const sample of samples)
      await writeJson(run, eventRecord(index, identity, { type: 'done', ...sample }));
  }
}

async function writeText(
  run: InfillRun,
  { input, ending }: GivenText,
  { samples }: InfillResult,
): Promise<void> {
  const { maskToken } = run.model.vocabulary;
  const segments =
    run.color && typeof input === 'string'
      ? run.engine.segmentsOf(input, { underscores: run.options.underscores, maskToken })
      : undefined;
  const texts = samples.map(({ text, gaps }) => {
    const shown = segments ? colorFills(segments, gaps) : text;
    // The whole of standard input comes back to the byte; among several samples each still ends its line.
    return shown + (ending || samples.length === 1 || text.endsWith('\n') ? ending : '\n');
  });
  await run.sink.write(texts.join(''));
}

function writeJson({ sink }: InfillRun, record: object): Promise<void> {
  return writeRecord(sink, record);
}
