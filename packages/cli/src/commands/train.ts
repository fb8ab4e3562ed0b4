// maria train: trains a head that fuses two frozen models.
import { UsageError } from '@maria/core/errors';
import type { OpenTrainingOptions } from '@maria/kernels';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { decimal, defined, generalFlags, modelFlags, seedRange } from '../flags.js';
import { listenForInterrupts } from '../interrupt.js';
import { note, standardOutput } from '../output.js';
import { noStatusLine, statusLine } from '../status-line.js';
import { chartSize, showsProgress } from '../terminal.js';
import { parseByteSize } from '../train/byte-size.js';
import { compareInits } from '../train/compare.js';
import { dataSources } from '../train/data.js';
import { loadTrainEngine } from '../train/engine.js';
import { planLines } from '../train/plan-lines.js';
import { openTraining, runTrain, type TrainRun } from '../train/run.js';

const DATA = 'DATA';
const TRAINING = 'TRAINING';
const RUN = 'RUN';

const count = (options: { summary: string; group: string; min?: number }) =>
  Flags.integer({
    helpGroup: options.group,
    helpValue: 'N',
    summary: options.summary,
    min: options.min ?? 1,
  });

export default class Train extends Command {
  static override summary = 'Train a head that fuses the two models.';
  static override description =
    `Both models stay as they are; what is learned is one linear layer over their hidden states. --out becomes a MARIA checkpoint, for --model of the other commands.

Data are plain text, in which a line <|endoftext|> ends a document, or JSONL with a "text" on each line (*.jsonl); both may be compressed with zstd. Documents are cut into windows, and no window holds parts of two; of several files each gives about as many tokens. No more is read than the steps need.

A MASKING is uniform(a,b), fixed(r) or beta(a,b), the part of a window that is masked, with +spans(n) for spans of mean length n and +words for whole words.

The folder holds metrics.jsonl (a record of each step), loss.svg, and the state that --resume goes on from. A resumed run gives the same bits as one that was never stopped.`;
  static override usage = 'train --data FILE --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> train --data stories.txt --out head',
    '<%= config.bin %> train --ar models/olmo --mlm models/modernbert --data a.txt.zst --data b.jsonl --eval-data held-out.txt --tokens 2000000 --out head',
    '<%= config.bin %> train --out head --resume',
    '<%= config.bin %> train --data stories.txt --eval-data held-out.txt --steps 300 --compare-init --out figure',
  ];

  static override flags = {
    model: modelFlags.model,
    ar: modelFlags.ar,
    mlm: modelFlags.mlm,
    backend: modelFlags.backend,
    threads: modelFlags.threads,
    'ar-prefix': modelFlags['ar-prefix'],
    'mlm-template': modelFlags['mlm-template'],
    data: Flags.string({
      helpGroup: DATA,
      helpValue: 'FILE',
      summary: 'Text to train on; "-" reads standard input. May be given several times.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'eval-data': Flags.string({
      helpGroup: DATA,
      helpValue: 'FILE',
      summary: 'Held-out text: its loss and perplexity are measured on the way, always with the same masks.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    window: count({
      group: DATA,
      summary: 'Most tokens of a window. 256 without it, or what the models read.',
      min: 2,
    }),
    out: Flags.string({
      helpGroup: RUN,
      char: 'o',
      helpValue: 'DIR',
      summary: 'Folder of the run.',
      required: true,
    }),
    steps: Flags.integer({
      helpGroup: TRAINING,
      helpValue: 'N',
      summary: 'Steps to take; 1000 without it and without --tokens.',
      min: 1,
      exclusive: ['tokens'],
    }),
    tokens: count({
      group: TRAINING,
      summary: 'Train on N tokens of text, repeated if the data are shorter.',
    }),
    batch: count({ group: TRAINING, summary: 'Windows of a step; 16 without it.' }),
    lr: decimal({
      helpGroup: TRAINING,
      helpValue: 'X',
      summary: 'Highest learning rate; 3e-4 without it.',
      above: 0,
    }),
    'weight-decay': decimal({
      helpGroup: TRAINING,
      helpValue: 'X',
      summary: 'Decoupled weight decay of AdamW; 0.01 without it.',
      least: 0,
    }),
    warmup: count({
      group: TRAINING,
      summary: 'Steps until the highest learning rate; a tenth of all, at most 100, without it.',
      min: 0,
    }),
    schedule: Flags.option({
      helpGroup: TRAINING,
      helpValue: 'NAME',
      summary: 'How the learning rate goes on: cosine or linear (to zero), or constant. cosine without it.',
      options: ['cosine', 'linear', 'constant'] as const,
    })(),
    clip: decimal({
      helpGroup: TRAINING,
      helpValue: 'X',
      summary: 'Scale gradients with a larger norm down to X; 0 never does. 1 without it.',
      least: 0,
    }),
    'mask-rate': Flags.string({
      helpGroup: TRAINING,
      helpValue: 'MASKING',
      summary: 'What is masked; uniform(0,1) without it.',
    }),
    init: Flags.option({
      helpGroup: TRAINING,
      helpValue: 'HOW',
      summary: 'Where the head starts: product (the product of experts) or random. product without it.',
      options: ['product', 'random'] as const,
      exclusive: ['model'],
    })(),
    'compare-init': Flags.boolean({
      helpGroup: TRAINING,
      summary:
        'Train from both, in DIR/product and DIR/random, and draw held-out loss over steps into DIR/figure-2.svg.',
      exclusive: ['init', 'model', 'dry-run'],
      dependsOn: ['eval-data'],
    }),
    seed: Flags.integer({
      helpGroup: TRAINING,
      helpValue: 'N',
      summary: 'Same seed, same run; 0 without it.',
      ...seedRange,
    }),
    'eval-every': count({ group: RUN, summary: 'Evaluate every N steps; a tenth of all without it.' }),
    'eval-windows': count({
      group: RUN,
      summary: 'Evaluate at most N windows of --eval-data; 128 without it.',
    }),
    'save-every': count({ group: RUN, summary: 'Save every N steps; a tenth of all without it.' }),
    resume: Flags.boolean({
      helpGroup: RUN,
      summary: 'Go on with the run in --out, with its own data and settings; a flag changes a setting.',
    }),
    'dry-run': Flags.boolean({
      helpGroup: RUN,
      summary: 'Write the plan: steps, memory and time, which is measured on two steps. Nothing is saved.',
    }),
    'feature-cache': Flags.custom<number>({ parse: async (input) => parseByteSize(input) })({
      helpGroup: RUN,
      helpValue: 'SIZE',
      summary: 'Keep hidden states of the AR model on disk, up to SIZE (such as 2GB), for later epochs.',
    }),
    json: Flags.boolean({
      helpGroup: RUN,
      summary: 'Write the records of metrics.jsonl as they come, or the plan, as JSON.',
    }),
    ...generalFlags,
  };

  private readonly signal = listenForInterrupts();

  async run(): Promise<number> {
    const { flags } = await this.parse(Train);
    const { resume } = flags;
    if (!resume && !flags.data)
      throw new UsageError('no-data', 'Cannot train: no data were given.', {
        try: 'maria train --data stories.txt --out head',
      });
    const sources = () => this.sources(flags);
    const engine = await loadTrainEngine();
    const sink = standardOutput();
    const run: TrainRun = {
      engine,
      options: { ...optionsOf(flags), ...(flags['compare-init'] ? {} : sources()), signal: this.signal },
      featureCacheBytes: flags['feature-cache'],
      signal: this.signal,
      status: showsProgress({ writesToTerminal: flags.json }) ? statusLine(process.stderr) : noStatusLine,
      records: flags.json ? sink : undefined,
      chartSize: chartSize(),
      note,
    };
    if (flags['dry-run']) await this.tellPlan(run, flags.json);
    else if (flags['compare-init']) await compareInits(run, sources);
    else await runTrain(run);
    return 0;
  }

  private sources(flags: TrainFlags): Pick<OpenTrainingOptions, 'data' | 'evalData'> {
    const paths = { data: flags.data ?? [], evalData: flags['eval-data'] ?? [] };
    if (flags['compare-init'] && [...paths.data, ...paths.evalData].includes('-'))
      throw new UsageError(
        'stdin-twice',
        'Cannot compare two runs on standard input, which can be read only once.',
        {
          try: 'Put the text into a file.',
        },
      );
    const { data, evalData } = dataSources(paths, this.signal);
    return { ...(flags.data && { data }), ...(flags['eval-data'] && { evalData }) };
  }

  private async tellPlan(run: TrainRun, json: boolean): Promise<void> {
    const opened = await openTraining({ ...run, options: { ...run.options, isDry: true } }, note);
    try {
      const estimate = await run.engine.estimateTraining(opened, { signal: this.signal });
      const lines = json ? [JSON.stringify({ ...opened.plan, estimate })] : planLines(opened.plan, estimate);
      await standardOutput().write(`${lines.join('\n')}\n`);
    } finally {
      opened.dispose();
    }
  }
}

type TrainFlags = InferredFlags<typeof Train.flags>;

function optionsOf(flags: TrainFlags): OpenTrainingOptions {
  const { out, model, ar, mlm, backend, threads, resume } = flags;
  return {
    out,
    resume,
    settings: defined({
      steps: flags.steps,
      tokens: flags.tokens,
      batch: flags.batch,
      window: flags.window,
      learningRate: flags.lr,
      weightDecay: flags['weight-decay'],
      warmup: flags.warmup,
      schedule: flags.schedule,
      clip: flags.clip,
      maskRate: flags['mask-rate'],
      init: flags.init,
      seed: flags.seed,
      evalEvery: flags['eval-every'],
      evalWindows: flags['eval-windows'],
      saveEvery: flags['save-every'],
    }),
    ...defined({
      model,
      ar,
      mlm,
      backend,
      threads,
      arPrefix: flags['ar-prefix'],
      mlmTemplate: flags['mlm-template'],
    }),
  };
}
