// maria eval infill: held-out gaps, filled by every system and compared with what stood there.
import * as Flags from '@oclif/core/flags';
import { EvalCommand } from '../../eval/command.js';
import {
  DATA,
  dataHelp,
  evalFlags,
  maskRateFlag,
  RUN,
  runHelp,
  shardFlags,
  systemsHelp,
} from '../../eval/flags.js';
import { writeTables } from '../../eval/write-tables.js';
import { decimal, defined } from '../../flags.js';
import { decimalRanges } from '../../ranges.js';

const FILLS = 'FILLS';

export default class EvalInfill extends EvalCommand {
  static override summary = 'Let systems fill held-out gaps, and compare the fills with what stood there.';
  static override description =
    `Tells exact matches, edit similarity and ROUGE-1, -2 and -L (F1, as Google's rouge_score); of the whole texts their generative perplexity under an AR model, the entropy of their tokens and distinct-n; and how fast the gaps were filled. Every gap has as many tokens as the original has there.

Programs of HumanEval-Infilling are run only with --allow-code-execution: in a child process without network, with 4 GiB of memory and --time-limit seconds, and nothing of the environment. It can read and write the files that you can: let it run code of models that you trust, or in a container.

${systemsHelp}

${dataHelp}

${runHelp}`;
  static override usage = 'eval infill --data PATH --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data stories.txt --out run',
    '<%= config.bin %> <%= command.id %> --data cloze_test_val__spring2016.csv --documents 1000 --out rocstories',
    '<%= config.bin %> <%= command.id %> --data HumanEval-SingleLineInfilling.jsonl.gz --documents 2000 --allow-code-execution --out code',
  ];

  static override flags = {
    ...evalFlags,
    ...shardFlags,
    'mask-rate': maskRateFlag([0.3]),
    mask: Flags.option({
      helpGroup: DATA,
      helpValue: 'HOW',
      summary:
        'Where gaps are: given, those of the data, or spans of words, or words. given without it where all of the data have gaps, else spans.',
      options: ['words', 'spans', 'given'] as const,
    })(),
    temperature: decimal({
      helpGroup: FILLS,
      char: 't',
      helpValue: 'T',
      summary: 'Divide the logits before sampling; 0 takes the most probable token.',
      default: 0,
      ...decimalRanges.temperature,
    }),
    'top-p': decimal({
      helpGroup: FILLS,
      helpValue: 'P',
      summary: 'Sample among the fewest tokens whose probabilities reach P.',
      default: 1,
      ...decimalRanges.probability,
    }),
    judge: Flags.string({
      helpGroup: FILLS,
      helpValue: 'MODEL',
      summary:
        'Judge whole texts by the AR model of MODEL, a MARIA checkpoint or AR+MLM; none leaves it out. Without it, by that of the model of the run.',
    }),
    'allow-code-execution': Flags.boolean({
      helpGroup: RUN,
      summary: 'Run the programs that systems wrote.',
    }),
    'time-limit': decimal({
      helpGroup: RUN,
      helpValue: 'SECONDS',
      summary: 'Most time of a program.',
      default: 3,
      ...decimalRanges.seconds,
    }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(EvalInfill);
    const rates = [...new Set(flags['mask-rate'])];
    return this.evaluating(flags, { pattern: flags.mask, rates }, async (evaluations, options, models) => {
      const model = flags.judge;
      const judge =
        model === 'none'
          ? undefined
          : {
              name: model ?? 'the model of the run',
              identity: (await models.describe(model)).fingerprints,
              open: () => models.load(model),
            };
      const summary = await evaluations.evaluateInfill({
        ...options,
        ...defined({ shard: flags.shard, join: flags.join }),
        temperature: flags.temperature,
        topP: flags['top-p'],
        ...(judge && { judge }),
        ...(flags['allow-code-execution'] && { execute: { seconds: flags['time-limit'] } }),
      });
      await writeTables(evaluations, flags, summary, evaluations.infillTables(summary));
      return 0;
    });
  }
}
