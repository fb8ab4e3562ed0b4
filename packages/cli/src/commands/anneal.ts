// maria anneal: generates text by filling it again and again, ever colder.
import type { AnnealOptions, Schedule } from '@maria/core';
import { InterruptedError, UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { annealCharts } from '../anneal/charts.js';
import { parseDuration } from '../anneal/duration.js';
import { type Annealing, loadAnnealing } from '../anneal/engine.js';
import { runAnneal } from '../anneal/run.js';
import { continueTrace, createTrace, type ReadTrace, readTrace } from '../anneal/trace-file.js';
import { decimal, defined, type modelFlags, seedRange } from '../flags.js';
import { openSource, readWhole } from '../input.js';
import { ModelCommand } from '../model-command.js';
import { note } from '../output.js';
import { noStatusLine, statusLine } from '../status-line.js';
import { chartSize, showsProgress } from '../terminal.js';
import { decodeUtf8 } from '../utf8.js';

const INPUT = 'INPUT';
const ANNEALING = 'ANNEALING';
const OUTPUT = 'OUTPUT';

export default class Anneal extends ModelCommand {
  static override summary = 'Generate text by annealing: mask, fill again, ever colder.';
  static override description =
    `The first sweep fills all free tokens from their gaps. Each sweep after it masks a share of them (--mask-rate) and fills these again at a temperature (--temperature). Both fall over the run.

What is free: the gaps of TEXT, [MASK*20] for twenty tokens, or with --length what --prompt and --suffix leave. Given text never changes.

A SCHEDULE is a number, FROM:TO, SHAPE:FROM:TO with linear, cosine, exponential, or points:0=1,0.5=0.3,1=0.1 with straight lines between points from 0, the first sweep, to 1, the last.

The energy of a sequence is its negative log-likelihood in nats. The sweep with the lowest energy is written, a text for each chain; everything else goes to standard error.

The same seed and flags give the same text, also when a run is interrupted and resumed. With --budget the machine's speed has a say too.`;
  static override usage = 'anneal [TEXT] [FLAGS]';
  static override examples = [
    '<%= config.bin %> anneal --length 48 --seed 1',
    '<%= config.bin %> anneal --length 64 --prompt "Once upon a time" --budget 10s --chart',
    '<%= config.bin %> anneal "The king [MASK*12] and the queen [MASK*12]."',
    '<%= config.bin %> anneal --length 48 --trace run.jsonl || <%= config.bin %> anneal --length 48 --resume run.jsonl',
  ];

  static override args = {
    text: stringArg({
      ignoreStdin: true,
      description: 'Text with gaps; "-" reads the whole of standard input.',
    }),
  };

  static override flags = {
    length: Flags.integer({
      helpGroup: INPUT,
      char: 'l',
      helpValue: 'N',
      summary: 'Generate a sequence of N tokens, prompt and suffix included.',
      min: 1,
    }),
    prompt: Flags.string({
      helpGroup: INPUT,
      helpValue: 'TEXT',
      summary: 'Begin the sequence with TEXT.',
      dependsOn: ['length'],
    }),
    suffix: Flags.string({
      helpGroup: INPUT,
      helpValue: 'TEXT',
      summary: 'End the sequence with TEXT.',
      dependsOn: ['length'],
    }),
    sweeps: Flags.integer({
      helpGroup: ANNEALING,
      helpValue: 'N',
      summary: 'Mask and fill N times. 16, unless there is a --budget.',
      min: 1,
      exclusive: ['budget'],
    }),
    budget: Flags.custom<number>({ parse: async (input) => parseDuration(input) })({
      helpGroup: ANNEALING,
      helpValue: 'TIME',
      summary: 'Go on for TIME, such as 500ms, 10s or 2m, for each chain; the schedules follow the clock.',
    }),
    'mask-rate': Flags.string({
      helpGroup: ANNEALING,
      helpValue: 'SCHEDULE',
      summary: 'Share of the free tokens that a sweep masks.',
      default: 'cosine:0.9:0.1',
    }),
    temperature: Flags.string({
      helpGroup: ANNEALING,
      char: 't',
      helpValue: 'SCHEDULE',
      summary: 'Divides the logits before sampling; 0 takes the most probable token.',
      default: '1:0.5',
    }),
    acceptance: Flags.string({
      helpGroup: ANNEALING,
      helpValue: 'SCHEDULE',
      summary:
        'Metropolis: keep a sweep that raises the energy by d nats with probability exp(-d/T), else undo it; the schedule is that of T. Without it every sweep is kept.',
    }),
    selection: Flags.option({
      helpGroup: ANNEALING,
      helpValue: 'HOW',
      summary:
        'Which tokens are masked: uniform, least-confident (those with the lowest probability when they were chosen), gumbel (low probability, with noise) or spans (neighbours).',
      options: ['uniform', 'least-confident', 'gumbel', 'spans'] as const,
      default: 'gumbel' as const,
    })(),
    'span-length': decimal({
      helpGroup: ANNEALING,
      helpValue: 'X',
      summary: 'Mean length of the spans of --selection spans.',
      least: 1,
      default: 4,
    }),
    energy: Flags.option({
      helpGroup: ANNEALING,
      helpValue: 'MODEL',
      summary:
        'Whose likelihood the energy is: ar (the AR model alone) or fused (with all free tokens masked).',
      options: ['ar', 'fused'] as const,
      default: 'ar' as const,
    })(),
    'top-k': Flags.integer({
      helpGroup: ANNEALING,
      helpValue: 'K',
      summary: 'Sample among the K most probable tokens.',
      min: 1,
    }),
    'top-p': decimal({
      helpGroup: ANNEALING,
      helpValue: 'P',
      summary: 'Sample among the fewest tokens whose probabilities reach P.',
      above: 0,
      most: 1,
    }),
    seed: Flags.integer({
      helpGroup: ANNEALING,
      helpValue: 'N',
      summary: 'Same seed, same text.',
      ...seedRange,
      default: 0,
    }),
    chains: Flags.integer({
      helpGroup: ANNEALING,
      char: 'n',
      helpValue: 'N',
      summary: 'Make N independent runs, one after the other.',
      min: 1,
      max: 2 ** 24,
      default: 1,
    }),
    output: Flags.string({
      helpGroup: OUTPUT,
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, which is replaced only when all is done.',
    }),
    show: Flags.option({
      helpGroup: OUTPUT,
      helpValue: 'WHICH',
      summary: 'Which sweep is written: best (the lowest energy) or last.',
      options: ['best', 'last'] as const,
      default: 'best' as const,
    })(),
    json: Flags.boolean({
      helpGroup: OUTPUT,
      summary:
        'Write a JSON object for each chain, on one line, with energy, generative perplexity and token entropy.',
    }),
    events: Flags.boolean({
      helpGroup: OUTPUT,
      summary: 'Write the events of annealing as they happen, a JSON object on each line.',
      exclusive: ['json'],
    }),
    trace: Flags.string({
      helpGroup: OUTPUT,
      helpValue: 'FILE',
      summary: 'Write a JSON record of each sweep to FILE, on a line, when the sweep ends.',
      exclusive: ['resume'],
    }),
    resume: Flags.string({
      helpGroup: OUTPUT,
      helpValue: 'FILE',
      summary:
        'Go on where the trace in FILE ends, with the flags of the run that wrote it, and write the other sweeps to it.',
    }),
    chart: Flags.boolean({
      helpGroup: OUTPUT,
      summary: 'Draw energy and generative perplexity over time on standard error.',
    }),
    svg: Flags.string({ helpGroup: OUTPUT, helpValue: 'FILE', summary: 'Draw the same into an SVG file.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Anneal);
    const sequence = await this.sequence(args.text, flags);
    const engine = await loadAnnealing();
    const options = { ...sequence, ...optionsOf(flags, engine), signal: this.signal };
    const { chains } = flags;
    const resumed =
      flags.resume === undefined
        ? undefined
        : await readTrace(flags.resume, engine, { chains, signal: this.signal });
    return this.withSink(flags.output, async (sink) => {
      const { model } = await this.loadModel(flags);
      const tracePath = flags.trace ?? flags.resume;
      const trace = await openTrace(flags, resumed);
      try {
        const run = await runAnneal({
          engine,
          model,
          options,
          chains,
          format: flags.events ? 'events' : flags.json ? 'json' : 'text',
          show: flags.show,
          sink,
          trace,
          resume: resumed?.chains,
          status: showsProgress({ writesToTerminal: flags.events })
            ? statusLine(process.stderr)
            : noStatusLine,
        });
        if (flags.chart || flags.svg !== undefined) {
          const charts = await annealCharts(engine, model, run);
          if (flags.chart) for (const chart of charts) noteChart(engine.lineChartText(chart, chartSize()));
          if (flags.svg !== undefined)
            await this.withSink(flags.svg, (file) => file.write(engine.lineChartSvg(...charts)));
        }
        return 0;
      } catch (error) {
        if (error instanceof InterruptedError && tracePath !== undefined)
          note(`The sweeps so far are in ${tracePath}. Go on with --resume ${tracePath}`);
        throw error;
      } finally {
        await trace?.close();
        model.dispose();
      }
    });
  }

  private async sequence(text: string | undefined, flags: AnnealFlags) {
    const { length, prompt, suffix } = flags;
    if (text !== undefined && length !== undefined)
      throw new UsageError('options-exclude', 'Cannot anneal: TEXT has its own length, without --length.', {
        try: 'maria anneal "Once upon a time [MASK*20]"',
      });
    if (length !== undefined) return { length, ...defined({ prompt, suffix }) };
    if (text === undefined)
      throw new UsageError(
        'no-length',
        'Cannot anneal: neither --length nor TEXT says how much to generate.',
        {
          try: 'maria anneal --length 48',
        },
      );
    if (text !== '-') return { text };
    const source = openSource('-', this.signal);
    return { text: decodeUtf8(await readWhole(source), source.name) };
  }
}

type AnnealFlags = InferredFlags<typeof Anneal.flags & typeof modelFlags>;

function optionsOf(flags: AnnealFlags, { parseSchedule }: Annealing): Partial<AnnealOptions> {
  const schedule = (text: string | undefined, what: string, most: number): Schedule | undefined =>
    text === undefined ? undefined : parseSchedule(text, what, { least: 0, most });
  return {
    selection: flags.selection,
    spanLength: flags['span-length'],
    energy: flags.energy,
    seed: flags.seed,
    ...defined({
      maskRate: schedule(flags['mask-rate'], 'mask rate', 1),
      temperature: schedule(flags.temperature, 'temperature', 100),
      acceptance: schedule(flags.acceptance, 'acceptance', 1e6),
      sweeps: flags.sweeps,
      budgetMs: flags.budget,
      topK: flags['top-k'],
      topP: flags['top-p'],
    }),
  };
}

async function openTrace({ trace, resume }: AnnealFlags, resumed: ReadTrace | undefined) {
  if (trace !== undefined) return createTrace(trace);
  return resume !== undefined && resumed !== undefined ? continueTrace(resume, resumed) : undefined;
}

function noteChart(chart: string): void {
  for (const line of chart.split('\n')) note(line);
}
