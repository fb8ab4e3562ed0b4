// maria anneal: generates text by filling it again and again, ever colder.
import type { AnnealOptions, Schedule } from '@maria/core';
import { InterruptedError, UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import type { InferredFlags } from '@oclif/core/interfaces';
import { annealCharts } from '../anneal/charts.js';
import { type Annealing, loadAnnealing } from '../anneal/engine.js';
import { annealFlags, mostOf } from '../anneal/flags.js';
import { runAnneal } from '../anneal/run.js';
import { continueTrace, createTrace, type ReadTrace, readTrace } from '../anneal/trace-file.js';
import { defined, lanesFor, type modelFlags } from '../flags.js';
import { hintAtFiles } from '../hint-at-files.js';
import { openSource, readWhole } from '../input.js';
import { ModelCommand } from '../model-command.js';
import { type Sink, tell } from '../output.js';
import { noStatusLine, statusLine } from '../status-line.js';
import { chartSize, showsProgress } from '../terminal.js';
import { decodeUtf8 } from '../utf8.js';
import { withFigure, withSink } from '../with-sink.js';

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

  static override flags = annealFlags;

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
    const write = async (sink: Sink, figure: Sink | undefined) => {
      const { model } = await this.loadModel({ ...flags, lanes: lanesFor(flags.batch, chains) });
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
        if (flags.chart || figure) {
          const charts = await annealCharts(engine, model, run);
          if (flags.chart) for (const chart of charts) tellChart(engine.lineChartText(chart, chartSize()));
          await figure?.write(engine.lineChartSvg(...charts));
        }
        return 0;
      } catch (error) {
        if (error instanceof InterruptedError && tracePath !== undefined)
          tell(`The sweeps so far are in ${tracePath}. Go on with --resume ${tracePath}`);
        throw error;
      } finally {
        await trace?.close();
        model.dispose();
      }
    };
    return withSink(flags.output, (sink) => withFigure(flags.svg, (figure) => write(sink, figure)));
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
    hintAtFiles([text], 'anneal -');
    if (text !== '-') return { text };
    const source = openSource('-', this.signal);
    return { text: decodeUtf8(await readWhole(source), source.name) };
  }
}

type AnnealFlags = InferredFlags<typeof annealFlags & typeof modelFlags>;

function optionsOf(flags: AnnealFlags, { parseSchedule }: Annealing): Partial<AnnealOptions> {
  const schedule = (text: string | undefined, what: keyof typeof mostOf): Schedule | undefined =>
    text === undefined ? undefined : parseSchedule(text, what, { least: 0, most: mostOf[what] });
  return {
    selection: flags.selection,
    spanLength: flags['span-length'],
    energy: flags.energy,
    seed: flags.seed,
    ...defined({
      maskRate: schedule(flags['mask-rate'], 'mask rate'),
      temperature: schedule(flags.temperature, 'temperature'),
      acceptance: schedule(flags.acceptance, 'acceptance'),
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

function tellChart(chart: string): void {
  for (const line of chart.split('\n')) tell(line);
}
