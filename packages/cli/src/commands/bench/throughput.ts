// maria bench throughput: filled gaps a second over the length of a sequence, the texts at once, and the drafts ahead.
import type { Backend, MariaModel } from '@maria/core';
import { UsageError } from '@maria/core/errors';
import type { Batch, LoadedForm, PairShape, Speculate } from '@maria/eval';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { runThroughput, type ThroughputRun, type WeightReading } from '../../bench/run-throughput.js';
import { readTexts } from '../../bench/texts.js';
import { batchList, decimal, deviceOf, lanesForAll, quantizeList, speculateList } from '../../flags.js';
import { LoadingCommand } from '../../model-command.js';
import { note, type Sink, standardOutput } from '../../output.js';
import { decimalRanges, ranges, seedRange } from '../../ranges.js';
import { readableSize } from '../../readable-size.js';
import { requireBackend } from '../../require-backend.js';
import { tableColumns } from '../../terminal.js';
import { withFigure } from '../../with-sink.js';

const systems = ['maria', 'mlm-autoregressive', 'ar'] as const;
const defaultLengths = [128, 256, 512, 1024];
/** Beyond the caches of a processor. */
const readBytes = 2 ** 28;
type Bench = typeof import('@maria/eval');

export default class BenchThroughput extends LoadingCommand {
  static override summary = 'Measure how many gaps a second are filled, over the length of a sequence.';
  static override description =
    `Random tokens, or the lines of a file, a part of the tokens masked, are filled by each system: maria; mlm-autoregressive, the MLM alone, which reads everything again for each gap, the leftmost first; ar, the AR model alone, which sees nothing to the right of a gap. All take the most probable token, or draw it (--temperature).

With --shape the models have the shapes of published ones and random weights, for speed does not depend on values. They are written once to the folder bench in maria's cache (MARIA_CACHE). The steps from one gap to the next are then compared with the time of reading the weights that they multiply.

Systems, quantisations, batches and drafts ahead take turns, so that what else the machine does falls on all of them.`;
  static override usage = 'bench throughput [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --ar models/olmo --mlm models/modernbert --svg throughput.svg',
    '<%= config.bin %> <%= command.id %> --shape olmo-1b+modernbert-large --lengths 128,256 --repetitions 1',
    '<%= config.bin %> <%= command.id %> --shape olmo-1b+modernbert-large --systems maria --lengths 256 --quantize none,int4 --time-limit 60',
    '<%= config.bin %> <%= command.id %> --systems maria --data lines.txt --mask-rate 0.3 --batch 1,16,auto --speculate off,auto',
    '<%= config.bin %> <%= command.id %> --shape olmo-1b+modernbert-large --systems maria --lengths 256 --quantize int8 --speculate off,2,4,8,auto --acceptance 0.4,0.6,0.8 --svg window.svg',
  ];

  static override flags = {
    shape: Flags.string({
      helpValue: 'AR+MLM',
      summary: 'Random weights of these shapes, for example olmo-1b+modernbert-large.',
      exclusive: ['model', 'ar', 'mlm'],
    }),
    systems: Flags.option({
      helpValue: 'NAMES',
      summary: `Which ones, with commas between them: ${systems.join(', ')}. All without it.`,
      options: systems,
      multiple: true,
      delimiter: ',',
    })(),
    lengths: Flags.integer({
      helpValue: 'NS',
      summary: `Tokens of the sequences, [CLS] and [SEP] among them. ${defaultLengths.join(',')} without it, as far as the models read.`,
      multiple: true,
      delimiter: ',',
      ...ranges.benchLength,
    }),
    data: Flags.string({
      helpValue: 'FILE',
      summary: 'Fill the lines of a UTF-8 file in place of random tokens: all of them in each run.',
      exclusive: ['lengths', 'shape'],
    }),
    'mask-rate': decimal({
      helpValue: 'P',
      summary: 'Part of the tokens that is masked.',
      default: 0.5,
      ...decimalRanges.probability,
    }),
    temperature: decimal({
      helpValue: 'X',
      summary: 'Divide the logits by X and draw each token; 0 takes the most probable one.',
      default: 0,
      ...decimalRanges.temperature,
    }),
    repetitions: Flags.integer({
      helpValue: 'N',
      summary: 'Runs that count.',
      default: 3,
      ...ranges.repetitions,
    }),
    'warm-up': Flags.integer({
      helpValue: 'N',
      summary: 'Runs before them, of the first four gaps.',
      default: 1,
      ...ranges.warmUp,
    }),
    'time-limit': decimal({
      helpValue: 'SECONDS',
      summary: 'End each run with the first gap after so many seconds.',
      default: 10,
      ...decimalRanges.seconds,
    }),
    seed: Flags.integer({
      helpValue: 'N',
      summary: 'Which tokens, which of them are masked, and what is drawn.',
      default: 0,
      ...seedRange,
    }),
    quantize: quantizeList,
    batch: batchList,
    speculate: speculateList,
    acceptance: decimal({
      helpValue: 'PS',
      summary:
        'Simulate drafts of which so many are right: numbers from 0 to 1, with commas between them. The texts are filled once before, without drafts, to know what is right.',
      least: 0,
      most: 1,
      multiple: true,
      delimiter: ',',
    }),
    json: Flags.boolean({
      summary: 'Write a JSON object for each of what is compared, on one line.',
    }),
    svg: Flags.string({
      helpValue: 'FILE',
      summary:
        'Draw gaps a second over length into an SVG file; over the drafts ahead, and their acceptance, where several are compared.',
    }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(BenchThroughput);
    return withFigure(flags.svg, (figure) => this.measure(flags, figure));
  }

  private async measure(flags: AllFlags, figure: Sink | undefined): Promise<number> {
    const bench = await import('@maria/eval');
    const shape = flags.shape === undefined ? undefined : bench.parsePairShape(flags.shape);
    const backend = shape && (await requireBackend(flags));
    const folders = shape && (await this.makePair(bench, shape));
    const texts = flags.data === undefined ? undefined : await readTexts(flags.data, this.signal);
    const batches = [...new Set(flags.batch)];
    const forms: LoadedForm[] = [];
    try {
      const quantizations = [...new Set(flags.quantize)];
      for (const [i, quantize] of quantizations.entries()) {
        const alongside = quantizations.slice(i + 1);
        let estimated: number | undefined;
        const { model, loadMs } = await this.loadModel({
          ...flags,
          ...folders,
          quantize,
          alongside,
          lanes: lanesForAll(batches),
          onEstimate({ total }) {
            estimated = total;
            if (!flags.json) note(`memory, estimated before loading (${quantize}): ${readableSize(total)}`);
          },
        });
        forms.push({ quantize, model, loadMs, ...(estimated !== undefined && { estimated }) });
      }
      const [first, ...others] = forms as [LoadedForm, ...LoadedForm[]];
      const { model } = first;
      requireLanes(model, batches);
      const run: ThroughputRun = {
        forms: [first, ...others],
        options: {
          systems: [...new Set(flags.systems ?? systems)],
          lengths: flags.lengths ?? defaultLengths.filter((length) => bench.fits(model, length)),
          texts,
          batches,
          speculates: speculatesOf(flags),
          ...(flags.acceptance && { acceptances: [...new Set(flags.acceptance)] }),
          maskRate: flags['mask-rate'],
          temperature: flags.temperature,
          repetitions: flags.repetitions,
          warmUp: flags['warm-up'],
          seed: flags.seed,
          timeLimit: 1000 * flags['time-limit'],
          clock: () => performance.now(),
          signal: this.signal,
        },
        pair: flags.shape ?? nameOf(flags),
        data: flags.data,
        device: deviceOf(flags),
        machine: bench.describeMachine(),
        readWeights: shape && backend && weightReading(bench, shape, backend),
        json: flags.json,
        sink: standardOutput(),
        columns: tableColumns(),
        note,
      };
      const records = await runThroughput(bench, run);
      await figure?.write(bench.throughputChart(records, run.pair));
      return 0;
    } finally {
      for (const { model } of forms) model.dispose();
    }
  }

  /** Folders of random weights, as flags. */
  private makePair({ randomPair }: Bench, shape: PairShape) {
    const onWrite = (folder: string, bytes: number) =>
      note(`Writing ${Math.round(bytes / 2 ** 20)} MiB of random weights to ${folder}; remove it when done.`);
    return randomPair(shape, { onWrite, signal: this.signal });
  }
}

type AllFlags = InferredFlags<typeof BenchThroughput.flags & typeof BenchThroughput.baseFlags>;

/** What the decode steps are compared with, where it is known what they read. */
function weightReading(
  { createWeightReader, stepWeights }: Bench,
  shape: PairShape,
  backend: Backend,
): WeightReading {
  return {
    open: () => createWeightReader(backend, readBytes),
    weights: (quantize) => stepWeights(shape, quantize),
  };
}

/** @throws UsageError where there is memory for `auto`, but not for as many lanes as another batch needs */
function requireLanes({ ar }: MariaModel, batches: readonly Batch[]): void {
  const most = Math.max(...batches.filter((batch) => batch !== 'auto'));
  if (most > ar.lanes)
    throw new UsageError(
      'batch-too-large',
      `Cannot fill ${most} texts at once: there is memory for ${ar.lanes} beside what must stay free for --batch auto.`,
      { try: `Use --batch ${ar.lanes},auto, or leave auto out.` },
    );
}

function speculatesOf({ speculate, acceptance }: Pick<AllFlags, 'speculate' | 'acceptance'>): Speculate[] {
  if (speculate) return [...new Set(speculate)].map((drafts) => (drafts === 0 ? 'off' : drafts));
  return acceptance ? ['off', 'auto'] : ['off'];
}

function nameOf({ model, ar, mlm }: Pick<AllFlags, 'model' | 'ar' | 'mlm'>): string {
  return model ?? (ar === undefined ? 'the embedded pair' : `${ar} + ${mlm}`);
}
