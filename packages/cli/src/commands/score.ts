// maria score: the log-likelihood that the model gives to the original tokens at masked positions.
import { UsageError } from '@maria/core/errors';
import * as Flags from '@oclif/core/flags';
import {
  batchFlag,
  decimal,
  defined,
  firstRecordOptions,
  lanesFor,
  manyArgs,
  recordFlags,
  refreshFlag,
  requireInputOptions,
  scaleFlags,
  serverFlag,
  specialTokensOptions,
  windowFlag,
} from '../flags.js';
import { hintAtFiles } from '../hint-at-files.js';
import { openSource, refuseStdinTwice } from '../input.js';
import { peek } from '../model-command.js';
import { isParquetName } from '../output-name.js';
import { decimalRanges, seedRange } from '../ranges.js';
import { ServerCommand } from '../remote/server-command.js';
import { type OpenedRecords, openEach } from '../scale/open-records.js';
import { recordSink } from '../scale/output-sink.js';
import { isParquet } from '../scale/parquet-magic.js';
import { openShare, refuseUnfitToResume } from '../scale/share.js';
import { fieldsOfScores, scoreRecords, scoreTexts } from '../score/inputs.js';
import { runScore, scoreColumns } from '../score/run.js';
import { ScoreSummary } from '../score/summary.js';
import { stdinIsTerminal } from '../terminal.js';
import { statusOfFailures } from '../text-errors.js';
import { textProgress } from '../text-progress.js';
import { withSink } from '../with-sink.js';

const INPUT = 'INPUT';
const OUTPUT = 'OUTPUT';

export default class Score extends ServerCommand {
  static override summary = 'Tell how probable the masked tokens of texts are.';
  static override description =
    `Writes a JSON record on one line for each input: {"id"?, "logLikelihood", "perToken", "perplexity", "ids", "masked", "excluded"}. Logarithms are natural.

Each INPUT is a file of records, one on each line; without one, or for "-", records come from standard input. A record is {"ids", "masked"}, {"text", "maskRate", "seed"?} or {"text", "spans"}; its other fields come back. A bad line becomes an error record and the exit status is 1 at the end.

With --mask-rate, each INPUT is a text of its own, and "-" stands for the lines of standard input.

The perplexity over all tokens is told on standard error at the end.`;
  static override usage = 'score [INPUT...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> score < records.jsonl',
    '<%= config.bin %> score --mask-rate 0.5 "The cat sat on the mat."',
    '<%= config.bin %> score --jsonl --mask-rate 0.15 --seed 7 texts.jsonl',
    '<%= config.bin %> infill --json < lines.txt | <%= config.bin %> score',
  ];

  static override args = {
    input: manyArgs('A file of records, or a text with --mask-rate; "-" reads standard input.'),
  };

  static override flags = {
    server: serverFlag,
    ...scaleFlags,
    batch: batchFlag,
    window: windowFlag,
    refresh: refreshFlag,
    'mask-rate': decimal({
      helpGroup: INPUT,
      helpValue: 'P',
      summary: 'Mask each token of a text with probability P.',
      ...decimalRanges.probability,
    }),
    seed: Flags.integer({
      helpGroup: INPUT,
      helpValue: 'N',
      summary:
        'Same seed, same masked tokens, where they are chosen by a mask rate. Each text of the input has random numbers of its own.',
      ...seedRange,
    }),
    'first-record': Flags.integer({ helpGroup: INPUT, ...firstRecordOptions }),
    ...recordFlags,
    'special-tokens': Flags.boolean({ helpGroup: INPUT, ...specialTokensOptions }),
    jsonl: Flags.boolean({
      helpGroup: INPUT,
      summary:
        'Read records with --mask-rate too; it then holds for the texts that do not say what is masked.',
    }),
    'require-input': Flags.boolean({ helpGroup: INPUT, ...requireInputOptions }),
    'exclude-special': Flags.boolean({
      helpGroup: OUTPUT,
      summary:
        'Leave special tokens, and rows of the head beyond the tokenizer, out of the probabilities, as infill does. Without it, all rows of the head are in.',
    }),
    tokens: Flags.boolean({
      helpGroup: OUTPUT,
      summary: 'Tell each masked token in the records: its text, its piece of the vocabulary and its bytes.',
    }),
    output: Flags.string({
      helpGroup: OUTPUT,
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, which is replaced only when all is done.',
    }),
    json: Flags.boolean({ helpGroup: OUTPUT, summary: 'Write JSON, as it always does.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Score);
    const given = args.input === undefined ? ['-'] : [args.input].flat();
    if (args.input === undefined && stdinIsTerminal()) {
      throw new UsageError(
        'no-input',
        'Cannot score: no input was given, and standard input is a terminal.',
        {
          try: 'maria score --mask-rate 0.5 "The cat sat on the mat."',
        },
      );
    }
    refuseStdinTwice(given, 'score');
    const maskRate = flags['mask-rate'];
    const format = flags['input-format'];
    if (format === 'text' && (maskRate === undefined || flags.jsonl))
      throw new UsageError(
        'flags-exclude',
        `Cannot score: --input-format text needs --mask-rate, and does not go with --jsonl.`,
      );
    const isRows = format === undefined && given.includes('-') && isParquet('-');
    const ofRecords =
      format === 'text' ? false : maskRate === undefined || flags.jsonl || format !== undefined || isRows;
    if (!ofRecords) hintAtFiles(given, `score --mask-rate ${maskRate} -`);
    if (flags.resume) refuseUnfitToResume(flags.output);
    const { share, output, failed: failedBefore } = await openShare(flags, { linesEach: 1, records: true });
    const masking = {
      ...defined({ seed: flags.seed }),
      firstRecord: flags['first-record'],
      required: flags['require-input'],
      share,
    };
    const reading = {
      // JSON Lines by its flag may be Parquet by its first bytes.
      format: flags.jsonl ? undefined : format,
      textColumn: flags.column,
      reads: fieldsOfScores,
      toParquet: isParquetName(flags.output),
      facts: { holds: 'records' },
    };
    // One at a time, unless their columns have to be known before.
    const opened = openEach(ofRecords ? given : [], reading, this.signal);
    const records = reading.toParquet ? await all(opened) : opened;
    const written = await recordSink(
      output,
      scoreColumns,
      Array.isArray(records) ? records : undefined,
      reading.reads,
    );
    return withSink(written, async (sink) => {
      const inputs = await peek(
        ofRecords || maskRate === undefined
          ? scoreRecords(records, { ...masking, ...defined({ maskRate }) })
          : scoreTexts(given, () => openSource('-', this.signal), { ...masking, maskRate }),
      );
      const { engine, model } = await this.serverOrModel({
        ...flags,
        lanes: lanesFor(flags.batch, Number.POSITIVE_INFINITY),
      });
      const summary = new ScoreSummary();
      const progress = textProgress(flags.output, { done: 'scored' });
      try {
        const failed = await runScore(
          {
            engine,
            model,
            signal: this.signal,
            excludeSpecial: flags['exclude-special'],
            specialTokens: flags['special-tokens'],
            window: flags.window,
            refresh: flags.refresh,
            keepGoing: ofRecords || given.includes('-'),
            batch: model.ar.lanes,
            tellsTokens: flags.tokens,
            sink,
            summary,
            progress,
          },
          inputs,
        );
        for (const line of summary.lines(failed)) progress.note(line);
        return statusOfFailures(failedBefore + failed, flags['fail-on']);
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  }
}

async function all(sources: AsyncIterable<OpenedRecords>): Promise<OpenedRecords[]> {
  const opened: OpenedRecords[] = [];
  for await (const source of sources) opened.push(source);
  return opened;
}
