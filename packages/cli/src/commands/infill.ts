// maria infill: fills the gaps of texts.
import { randomInt } from 'node:crypto';
import type { Model } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import { type SystemName, systemNames, systems } from '@maria/core/systems';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { denoiserFlags, loadDenoiser, refuseDenoiserFlags, samplerOptions } from '../denoiser.js';
import {
  batchFlag,
  decimal,
  defined,
  firstRecordOptions,
  lanesFor,
  manyArgs,
  type modelFlags,
  requireInputOptions,
  scaleFlags,
  serverFlag,
  specialTokensOptions,
  speculateFlag,
  truncationFlags,
  windowFlag,
} from '../flags.js';
import { hintAtFiles } from '../hint-at-files.js';
import { runInfill } from '../infill/run.js';
import { temperatureOf } from '../infill/sampling.js';
import { InfillStats } from '../infill/stats.js';
import { type TextForm, textsOf } from '../infill/texts.js';
import { openSource, refuseStdinTwice } from '../input.js';
import { peek } from '../model-command.js';
import { decimalRanges, ranges, seedRange } from '../ranges.js';
import { ServerCommand } from '../remote/server-command.js';
import { openShare } from '../scale/share.js';
import { stdinIsTerminal, usesColor } from '../terminal.js';
import { statusOfFailures } from '../text-errors.js';
import { textProgress } from '../text-progress.js';

const INPUT = 'INPUT';
const SAMPLING = 'SAMPLING';
const OUTPUT = 'OUTPUT';

export default class Infill extends ServerCommand {
  static override summary = 'Fill the gaps of texts.';
  static override description = `A gap is written [MASK] for one token, [MASK*3] for three; \\[MASK] is text.

Each TEXT is one text. Without one, or for "-", texts are the lines of standard input; a line without a gap is handed on as it is, and counted on standard error. So is one that cannot be filled; what is wrong with it is told, and the exit status is 1 at the end.

Filled texts go to standard output, everything else to standard error. The most probable tokens are taken, unless a flag of sampling is given.`;
  static override usage = 'infill [TEXT...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> infill "The [MASK] sat on the [MASK]."',
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
        'Read a record from each line of standard input, {"id"?, "seed"?, "text"} or {"id"?, "seed"?, "ids"}, and write a record for each, in which other fields come back. A bad line becomes an error record and the exit status is 1 at the end.',
    }),
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
    'first-record': Flags.integer({ helpGroup: INPUT, ...firstRecordOptions }),
    system: Flags.option({
      helpGroup: SAMPLING,
      helpValue: 'NAME',
      summary: `What fills the gaps: ${systemNames.map((name) => `${name} (${systems[name].summary})`).join(', ')}. maria without it, or diffusion with --denoiser.`,
      options: systemNames,
    })(),
    ...denoiserFlags,
    server: serverFlag,
    ...scaleFlags,
    batch: batchFlag,
    speculate: speculateFlag,
    window: windowFlag,
    samples: Flags.integer({
      helpGroup: SAMPLING,
      char: 'n',
      helpValue: 'N',
      summary: 'Fill each text N times.',
      ...ranges.samples,
    }),
    temperature: decimal({
      helpGroup: SAMPLING,
      char: 't',
      helpValue: 'X',
      summary:
        'Divide the logits by X before sampling; 0 takes the most probable token. 0 without another flag of sampling, 1 with --samples above 1, --seed, --top-k or --top-p, and for a record that has a seed.',
      ...decimalRanges.temperature,
    }),
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
    const texts = checkedTexts(args.text, flags);
    const system = systemOf(flags);
    const form: TextForm = flags.jsonl ? 'records' : flags.whole ? 'whole' : 'lines';
    const format = flags.events ? 'events' : flags.json || flags.jsonl ? 'json' : 'text';
    if (flags.resume) refuseResume(texts, flags, format);
    const {
      share,
      output,
      failed: failedBefore,
    } = await openShare(flags, {
      linesEach: format === 'json' ? 1 : (flags.samples ?? 1),
      records: format === 'json',
    });
    return this.withSink(output, async (sink) => {
      const required = flags['require-input'];
      const inputs = await peek(
        textsOf(texts, () => openSource('-', this.signal), form, { required, share }),
      );
      const { engine, model, loadMs } = await (system === 'diffusion'
        ? this.whileLoading<Model>((engine, told) => loadDenoiser(engine, flags, told))
        : this.serverOrModel({ ...flags, lanes: lanesFor(flags.batch, textsAtMost(texts, flags.samples)) }));
      const stats = new InfillStats();
      const progress = textProgress(flags.output, { done: 'filled', samples: flags.samples });
      stats.loadMs = loadMs;
      try {
        await engine.requireSystem(model, system);
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
          specialTokens: flags['special-tokens'],
          speculate: flags.speculate,
          window: flags.window,
          lineBreaks: Boolean(flags['line-breaks'] || flags.whole),
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
            keepGoing: flags.jsonl,
            batch: model.ar?.lanes ?? 1,
            color,
            sink,
            stats,
            progress,
            note: progress.note,
          },
          inputs,
        );
        if (flags.stats) for (const line of stats.lines()) progress.note(line);
        return statusOfFailures(failedBefore + failed, flags['fail-on']);
      } finally {
        progress.clear();
        model.dispose();
      }
    });
  }
}

type InfillFlags = InferredFlags<typeof Infill.flags & typeof modelFlags>;

/** The texts to fill, `-` for standard input. @throws UsageError where arguments and flags do not go together */
function checkedTexts(
  given: string | readonly string[] | undefined,
  { jsonl, whole }: Pick<InfillFlags, 'jsonl' | 'whole'>,
) {
  const texts = given === undefined ? ['-'] : [given].flat();
  hintAtFiles(texts, 'infill');
  if ((jsonl || whole) && texts.some((text) => text !== '-')) {
    const flag = jsonl ? '--jsonl' : '--whole';
    throw new UsageError(
      'text-not-read',
      `Cannot infill: ${flag} reads standard input, and a text was given as an argument.`,
      {
        try: jsonl ? 'maria infill --jsonl < records.jsonl' : 'maria infill --whole < story.txt',
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
  format: 'text' | 'json' | 'events',
): void {
  const reason = flags.events
    ? '--events writes several lines for a text'
    : flags.whole
      ? '--whole reads one text'
      : texts.some((text) => text !== '-')
        ? 'texts were given as arguments, and it goes on within standard input'
        : flags['line-breaks'] && format === 'text'
          ? 'with --line-breaks a text may have several lines'
          : (samplingOptions(flags).temperature ?? 0) > 0 && flags.seed === undefined
            ? 'sampling draws a seed for each run'
            : undefined;
  if (reason === undefined) return;
  throw new UsageError('cannot-resume', `Cannot resume: ${reason}.`, {
    try: reason.startsWith('sampling')
      ? 'Give --seed, the same each time.'
      : 'Leave out one of them, or write records: --json.',
  });
}

/** @throws UsageError where flags do not go together */
function systemOf(flags: InfillFlags): SystemName {
  const system = flags.system ?? (flags.denoiser === undefined ? 'maria' : 'diffusion');
  if (system !== 'diffusion') refuseDenoiserFlags(flags, system);
  if (system !== 'diffusion' && flags.denoiser !== undefined)
    throw new UsageError('flag-not-read', `Cannot infill: --system ${system} reads no --denoiser.`, {
      try: 'Leave out one of them.',
    });
  const others = ['server', 'model', 'ar', 'mlm', 'context', 'ar-prefix', 'mlm-template'] as const;
  const other = others.find((name) => flags[name] !== undefined);
  if (system === 'diffusion' && other !== undefined)
    throw new UsageError('flag-not-read', `Cannot infill: --system diffusion reads no --${other}.`, {
      try: 'Leave it out. A denoiser is named by --denoiser MODEL; a masked language model is one too.',
    });
  return system;
}

/** Of standard input nobody knows how many there are. */
function textsAtMost(texts: readonly string[], samples = 1): number {
  return texts.includes('-') ? Number.POSITIVE_INFINITY : texts.length * samples;
}

function samplingOptions(flags: InfillFlags) {
  const { samples, seed, alternatives } = flags;
  const topK = flags['top-k'];
  const topP = flags['top-p'];
  const temperature = temperatureOf({ ...flags, topK, topP });
  return defined({ temperature, samples, seed, alternatives, topK, topP });
}
