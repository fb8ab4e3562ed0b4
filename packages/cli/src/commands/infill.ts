// maria infill: fills the gaps of texts.
import { randomInt } from 'node:crypto';
import type { Model } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { lengthRuleNames, lengthRules } from '@maria/core/length-rules';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { denoiserFlags, loadDenoiser, samplerOptions, systemFlag, systemOf } from '../denoiser.js';
import {
  batchFlag,
  decimal,
  defined,
  firstRecordOptions,
  lanesFor,
  manyArgs,
  type modelFlags,
  recordFlags,
  refreshFlag,
  requireInputOptions,
  scaleFlags,
  serverFlag,
  specialTokensOptions,
  speculateFlag,
  truncationFlags,
  windowFlag,
} from '../flags.js';
import { hintAtFiles } from '../hint-at-files.js';
import { askedByFlags, constraintFlags, describesFills } from '../infill/constraint-flags.js';
import { infillColumns } from '../infill/records.js';
import { runInfill } from '../infill/run.js';
import { temperatureOf } from '../infill/sampling.js';
import { InfillStats } from '../infill/stats.js';
import { fieldsRead, type TextForm, textsOf } from '../infill/texts.js';
import { openSource, refuseStdinTwice } from '../input.js';
import { peek } from '../model-command.js';
import { isParquetName } from '../output-name.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';
import { ServerCommand } from '../remote/server-command.js';
import { openRecords } from '../scale/open-records.js';
import { recordSink } from '../scale/output-sink.js';
import { isParquet } from '../scale/parquet-magic.js';
import { openShare, refuseUnfitToResume } from '../scale/share.js';
import { stdinIsTerminal, usesColor } from '../terminal.js';
import { statusOfFailures } from '../text-errors.js';
import { textProgress } from '../text-progress.js';
import { withSink } from '../with-sink.js';

const INPUT = 'INPUT';
const SAMPLING = 'SAMPLING';
const OUTPUT = 'OUTPUT';

export default class Infill extends ServerCommand {
  static override summary = 'Fill the gaps of texts.';
  static override description =
    `A gap is written [MASK] for one token, [MASK*3] for three, [MASK*2-6] where it has from two to six, and [MASK*?] where nobody knows; \\[MASK] is text.

Each TEXT is one text. Without one, or for "-", texts are the lines of standard input; a line without a gap is handed on as it is, and counted on standard error. So is one that cannot be filled; what is wrong with it is told, and the exit status is 1 at the end.

Filled texts go to standard output, everything else to standard error. The most probable tokens are taken, unless a flag of sampling is given.`;
  static override usage = 'infill [TEXT...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> infill "The [MASK] sat on the [MASK]."',
    '<%= config.bin %> infill "She went to the [MASK*?] and bought bread."',
    '<%= config.bin %> infill --samples 3 --seed 7 "Once upon a time there was a [MASK*2]."',
    '<%= config.bin %> infill --json < lines.txt > filled.jsonl',
    '<%= config.bin %> infill --jsonl --alternatives 5 < records.jsonl',
  ];

  static override args = { text: manyArgs('Text with gaps; "-" reads standard input.') };

  static override flags = {
    whole: Flags.boolean({
      helpGroup: INPUT,
      summary: 'Read the whole of standard input as one text, line breaks included.',
      exclusive: ['jsonl'],
    }),
    jsonl: Flags.boolean({
      helpGroup: INPUT,
      summary:
        'Read a record from each line of standard input, {"id"?, "seed"?, "text", "gaps"?} or {"id"?, "seed"?, "ids", "gaps"?}, and write a record for each, in which other fields come back. A bad line becomes an error record and the exit status is 1 at the end.',
    }),
    ...recordFlags,
    'special-tokens': Flags.boolean({
      helpGroup: INPUT,
      ...specialTokensOptions,
    }),
    'line-breaks': Flags.boolean({
      helpGroup: SAMPLING,
      summary: 'Let fills break lines. Only those of --whole do without it.',
    }),
    'require-input': Flags.boolean({ helpGroup: INPUT, ...requireInputOptions }),
    underscores: Flags.boolean({ helpGroup: INPUT, summary: 'Take ___ (three or more) as a gap too.' }),
    'max-length': Flags.integer({
      helpGroup: INPUT,
      helpValue: 'N',
      summary: 'Most tokens of [MASK*?]. 16 without it.',
      ...ranges.gapLength,
    }),
    'length-by': Flags.option({
      helpGroup: SAMPLING,
      helpValue: 'NAME',
      summary: `What is the best length of a gap where it is not known: ${lengthRuleNames.map((name) => `${name} (${lengthRules[name].summary})`).join(', ')}. evidence without it.`,
      options: lengthRuleNames,
    })(),
    'first-record': Flags.integer({ helpGroup: INPUT, ...firstRecordOptions }),
    system: systemFlag(SAMPLING),
    ...denoiserFlags,
    server: serverFlag,
    ...scaleFlags,
    batch: batchFlag,
    speculate: speculateFlag,
    refresh: refreshFlag,
    window: windowFlag,
    samples: Flags.integer({
      helpGroup: SAMPLING,
      char: 'n',
      helpValue: 'N',
      summary: 'Fill each text N times.',
      ...ranges.samples,
    }),
    best: Flags.integer({
      helpGroup: SAMPLING,
      helpValue: 'N',
      summary:
        'Fill each text in the N ways of the highest joint probability, the best first, by beam search; in the JSON with their weights.',
      exclusive: ['samples', 'temperature', 'top-k', 'top-p', 'seed', 'alternatives'],
      ...ranges.samples,
    }),
    beam: Flags.integer({
      helpGroup: SAMPLING,
      helpValue: 'N',
      summary:
        'Fills in progress at a time of --best, and where gaps have a name. Twice as many as --best, and 16 at least, without it.',
      ...ranges.samples,
    }),
    distinct: Flags.boolean({
      helpGroup: SAMPLING,
      summary:
        'Let the N of --samples differ from each other: they are drawn without replacement; in the JSON with importance weights.',
      dependsOn: ['samples'],
      exclusive: ['best', 'alternatives'],
    }),
    temperature: decimal({
      helpGroup: SAMPLING,
      char: 't',
      helpValue: 'X',
      summary:
        'Divide the logits by X before sampling; 0 takes the most probable token. 0 without another flag of sampling, 1 with --samples above 1, --seed, --top-k or --top-p, and for a record that has a seed.',
      ...decimalRanges.temperature,
    }),
    ...constraintFlags,
    ...truncationFlags(SAMPLING),
    seed: Flags.integer({
      helpGroup: SAMPLING,
      helpValue: 'N',
      summary:
        'Same seed, same texts. Each text of the input, and each of its samples, has random numbers of its own. Without it, sampling draws a seed, and tells it on standard error and in the JSON (runSeed).',
      ...seedRange,
    }),
    output: Flags.string({
      helpGroup: OUTPUT,
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, which is replaced only when all is done.',
    }),
    json: Flags.boolean({ helpGroup: OUTPUT, summary: 'Write a JSON object for each text, on one line.' }),
    diff: Flags.boolean({
      helpGroup: OUTPUT,
      summary:
        'Write what changed, as a unified diff: for one sample of lines, or with --whole, a patch of the whole input. Each of several samples has a name above its changes.',
      exclusive: ['json', 'jsonl', 'events'],
    }),
    events: Flags.boolean({
      helpGroup: OUTPUT,
      summary: 'Write the events of infilling as they happen, a JSON object on each line.',
      exclusive: ['json'],
    }),
    alternatives: Flags.integer({
      helpGroup: OUTPUT,
      char: 'a',
      helpValue: 'K',
      summary: 'Tell the K most probable tokens of each gap: in the JSON, or on standard error.',
      ...ranges.tokensOfVocabulary,
    }),
    color: Flags.option({
      helpGroup: OUTPUT,
      helpValue: 'WHEN',
      summary:
        'Colour fills by their probability: green from 0.5, yellow from 0.1, red below. auto (on a terminal; NO_COLOR and FORCE_COLOR are followed), always or never.',
      options: ['auto', 'always', 'never'] as const,
      default: 'auto' as const,
    })(),
    stats: Flags.boolean({ helpGroup: OUTPUT, summary: 'Tell times, passes and memory on standard error.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Infill);
    const readsRecords = recordsAreRead(flags, args.text);
    const texts = checkedTexts(args.text, flags, readsRecords);
    const system = systemOf(flags);
    const asked = await askedByFlags(flags, texts, this.signal);
    const form: TextForm = readsRecords ? 'records' : flags.whole ? 'whole' : 'lines';
    const format = formatOf(flags, readsRecords);
    if (flags.resume) refuseResume(texts, flags, format);
    const {
      share,
      output,
      failed: failedBefore,
    } = await openShare(flags, {
      linesEach: format === 'json' ? 1 : (flags.samples ?? 1),
      records: format === 'json',
    });
    const records = readsRecords ? await openRecords('-', readingOf(flags), this.signal) : undefined;
    const written = await recordSink(output, infillColumns(flags), records, fieldsRead);
    return withSink(written, async (sink) => {
      const required = flags['require-input'];
      const inputs = await peek(
        textsOf(texts, () => records ?? openSource('-', this.signal), form, { required, share }),
      );
      const { engine, model, loadMs } = await (system === 'diffusion'
        ? this.whileLoading<Model>((engine, told) => loadDenoiser(engine, flags, told))
        : this.serverOrModel({ ...flags, lanes: lanesFor(flags.batch, sequencesAtMost(texts, flags)) }));
      const stats = new InfillStats();
      const progress = textProgress(flags.output, { done: 'filled', samples: flags.best ?? flags.samples });
      stats.loadMs = loadMs;
      try {
        await engine.requireSystem(model, system);
        const lineBreaks = Boolean(flags['line-breaks'] || flags.whole);
        if (asked) await engine.checkConstraint(model, asked, lineBreaks);
        const sampling = samplingOptions(flags);
        const runSeed =
          sampling.seed === undefined && (sampling.temperature ?? 0) > 0 ? randomInt(2 ** 32) : undefined;
        if (runSeed !== undefined)
          progress.note(`Seed: ${runSeed} (the same texts again: --seed ${runSeed})`);
        const options = {
          system,
          ...sampling,
          ...samplerOptions(flags),
          ...defined({ seed: runSeed ?? sampling.seed }),
          underscores: flags.underscores,
          ...defined({ maxLength: flags['max-length'], lengthBy: flags['length-by'] }),
          specialTokens: flags['special-tokens'],
          speculate: flags.speculate,
          refresh: flags.refresh,
          ...defined({ best: flags.best, beam: flags.beam }),
          distinct: flags.distinct,
          window: flags.window,
          lineBreaks,
          ...defined({ constraint: asked }),
          signal: this.signal,
        };
        const color = usesColor(flags.color, { toFile: flags.output !== undefined });
        const failed = await runInfill(
          {
            engine,
            model,
            options,
            ...defined({ runSeed }),
            firstRecord: flags['first-record'],
            format,
            keepGoing: readsRecords,
            batch: (model.ar ?? model.denoiser)?.lanes ?? 1,
            color,
            sink,
            stats,
            progress,
            note: progress.note,
            tell: progress.tell,
          },
          inputs,
        );
        if (flags.stats) for (const line of stats.lines()) progress.tell(line);
        return statusOfFailures(failedBefore + failed, flags['fail-on']);
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  }
}

type InfillFlags = InferredFlags<typeof Infill.flags & typeof modelFlags>;

/** Whether standard input holds records, as flags say, or its first bytes where it is a file. */
function recordsAreRead(
  { jsonl, whole, 'input-format': format }: InfillFlags,
  texts: string | readonly string[] = '-',
): boolean {
  if (jsonl && format === 'text') throw exclusive('--jsonl', '--input-format text');
  if (whole && format !== undefined && format !== 'text')
    throw exclusive('--whole', `--input-format ${format}`);
  if (jsonl || format !== undefined) return format !== 'text';
  return !whole && [texts].flat().includes('-') && isParquet('-');
}

function exclusive(one: string, other: string): UsageError {
  return new UsageError('flags-exclude', `Cannot infill: ${one} and ${other} were given.`, {
    try: 'Leave out one of them.',
  });
}

/** How records are read. */
function readingOf({ jsonl, column, output, 'input-format': format }: InfillFlags) {
  return {
    // JSON Lines by its flag may be Parquet by its first bytes.
    format: jsonl ? undefined : format,
    textColumn: column,
    reads: fieldsRead,
    toParquet: isParquetName(output),
  };
}

function formatOf({ events, json, diff, output }: InfillFlags, readsRecords: boolean) {
  const toParquet = isParquetName(output);
  if (toParquet && (events || diff))
    throw new UsageError(
      'flags-exclude',
      `Cannot infill: ${events ? '--events' : '--diff'} is no table, and ${output} is to be Parquet.`,
      { try: 'Give the output another name.' },
    );
  if (events) return 'events';
  if (json || readsRecords || toParquet) return 'json';
  return diff ? 'diff' : 'text';
}

/** The texts to fill, `-` for standard input. @throws UsageError where arguments and flags do not go together */
function checkedTexts(
  given: string | readonly string[] | undefined,
  { jsonl, whole, 'input-format': format = 'parquet' }: InfillFlags,
  readsRecords: boolean,
) {
  const texts = given === undefined ? ['-'] : [given].flat();
  hintAtFiles(texts, 'infill');
  if ((readsRecords || whole) && texts.some((text) => text !== '-')) {
    const flag = whole ? '--whole' : jsonl ? '--jsonl' : `--input-format ${format}`;
    throw new UsageError(
      'text-not-read',
      `Cannot infill: ${flag} reads standard input, and a text was given as an argument.`,
      {
        try: `maria infill ${flag} < FILE`,
      },
    );
  }
  refuseStdinTwice(texts, 'infill');
  if (given === undefined && stdinIsTerminal()) {
    throw new UsageError('no-text', 'Cannot infill: no text was given, and standard input is a terminal.', {
      try: 'maria infill "The [MASK] sat on the mat."',
    });
  }
  return texts;
}

/** @throws UsageError where texts cannot be counted in the output, or the rest of them would have other random numbers */
function refuseResume(
  texts: readonly string[],
  flags: InfillFlags,
  format: 'text' | 'diff' | 'json' | 'events',
): void {
  refuseUnfitToResume(flags.output);
  const samples = (samplingOptions(flags).temperature ?? 0) > 0;
  const reasons: readonly [boolean | undefined, string][] = [
    [flags.events, '--events writes several lines for a text'],
    [flags.diff, '--diff writes nothing for a text that does not change'],
    [flags.whole, '--whole reads one text'],
    [
      texts.some((text) => text !== '-'),
      'texts were given as arguments, and it goes on within standard input',
    ],
    [
      (flags.best !== undefined || flags.distinct) && format === 'text',
      'a text may have fewer fills than were asked for',
    ],
    [flags['line-breaks'] && format === 'text', 'with --line-breaks a text may have several lines'],
    [samples && flags.seed === undefined, 'sampling draws a seed for each run'],
  ];
  const reason = reasons.find(([holds]) => holds)?.[1];
  if (reason === undefined) return;
  throw new UsageError('cannot-resume', `Cannot resume: ${reason}.`, {
    try: reason.startsWith('sampling')
      ? 'Give --seed, the same each time.'
      : 'Leave out one of them, or write records: --json.',
  });
}

/** What may be worked on at once: samples, or the lengths that a gap may have. Of standard input nobody knows how many texts there are. */
function sequencesAtMost(texts: readonly string[], flags: InfillFlags): number {
  const { samples = 1, best = 0, beam = 2 * best, 'max-length': maxLength = 16 } = flags;
  if (texts.includes('-')) return Number.POSITIVE_INFINITY;
  const isOpen = describesFills(flags) || texts.some((text) => /\[MASK[^\]]*[?-]/.test(text));
  return texts.length * Math.max(samples, beam, isOpen ? maxLength : 1);
}

function samplingOptions(flags: InfillFlags) {
  const { samples, seed, alternatives } = flags;
  const topK = flags['top-k'];
  const topP = flags['top-p'];
  const temperature = temperatureOf({ ...flags, topK, topP });
  return defined({ temperature, samples, seed, alternatives, topK, topP });
}
