// maria train: trains a head that fuses two frozen models.
import { UsageError } from '@maria/core/errors';
import type { OpenTrainingOptions } from '@maria/training';
import { Command } from '@oclif/core/command';
import type { InferredFlags } from '@oclif/core/interfaces';
import { backendOptionsOf, defined } from '../flags.js';
import { listenForInterrupts } from '../interrupt.js';
import { note, standardOutput, tell } from '../output.js';
import { noStatusLine, statusLine } from '../status-line.js';
import { chartSize, showsProgress } from '../terminal.js';
import { compareInits } from '../train/compare.js';
import { dataSources } from '../train/data.js';
import { loadTrainEngine } from '../train/engine.js';
import { trainFlags } from '../train/flags.js';
import { planLines } from '../train/plan-lines.js';
import { openRun, runTrain, type TrainRun } from '../train/run.js';

export default class Train extends Command {
  static override summary = 'Train a head that fuses the two models.';
  static override description =
    `Both models stay as they are; what is learned is one linear layer over their hidden states. --out becomes a MARIA checkpoint, for --model of the other commands. Without a model, training goes on from the head that ships with maria; with --eval-data, the best head that was evaluated is kept in DIR/best too.

Data are plain text, in which a line <|endoftext|> ends a document, or JSONL with a "text" on each line (*.jsonl, or standard input that begins so); both may be compressed with zstd or gzip. Documents are cut into windows, and no window holds parts of two; of several files each gives about as many tokens. No more is read than the steps need.

A MASKING is uniform(a,b), fixed(r) or beta(a,b), the part of a window that is masked, with +spans(n) for spans of mean length n and +words for whole words.

The folder holds metrics.jsonl (a record of each step), loss.svg, and the state that --resume goes on from. A resumed run gives the same bits as one that was never stopped.`;
  static override usage = 'train --data FILE --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> train --data stories.txt --out head',
    '<%= config.bin %> train --ar models/olmo --mlm models/modernbert --data a.txt.zst --data b.jsonl --eval-data held-out.txt --tokens 2000000 --out head',
    '<%= config.bin %> train --out head --resume',
    '<%= config.bin %> train --data stories.txt --eval-data held-out.txt --steps 300 --compare-init --out figure',
  ];

  static override flags = trainFlags;

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
      tell,
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
    const opened = await openRun({ ...run, options: { ...run.options, isDry: true } }, note);
    try {
      const estimate = await run.engine.estimateTraining(opened, { signal: this.signal });
      const lines = json ? [JSON.stringify({ ...opened.plan, estimate })] : planLines(opened.plan, estimate);
      await standardOutput().write(`${lines.join('\n')}\n`);
    } finally {
      opened.dispose();
    }
  }
}

type TrainFlags = InferredFlags<typeof trainFlags>;

function optionsOf(flags: TrainFlags): OpenTrainingOptions {
  const { out, model, ar, mlm, resume } = flags;
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
      refresh: flags.refresh,
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
      quantize: flags.quantize,
      arPrefix: flags['ar-prefix'],
      mlmTemplate: flags['mlm-template'],
    }),
    ...backendOptionsOf(flags),
  };
}
