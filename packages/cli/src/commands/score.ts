// maria score: the log-likelihood that the model gives to the original tokens at masked positions.
import { UsageError } from '@maria/core/errors';
import * as Flags from '@oclif/core/flags';
import { decimal, manyArgs, seedRange } from '../flags.js';
import { openSource, refuseStdinTwice } from '../input.js';
import { ModelCommand, peek } from '../model-command.js';
import { type Masking, type Scorable, scoreRecords, scoreTexts } from '../score/inputs.js';
import { runScore } from '../score/run.js';
import { stdinIsTerminal } from '../terminal.js';
import { statusOfFailures } from '../text-errors.js';

const INPUT = 'INPUT';
const OUTPUT = 'OUTPUT';

export default class Score extends ModelCommand {
  static override summary = 'Tell how probable the masked tokens of texts are.';
  static override description =
    `Writes a JSON record on one line for each input: {"id"?, "logLikelihood", "perToken", "perplexity", "ids", "masked"}. Logarithms are natural.

Each INPUT is a file of records, one on each line; without one, or for "-", records come from standard input. A record is {"ids", "masked"}, {"text", "maskRate", "seed"?} or {"text", "spans"}, and may have an "id". A bad line becomes an error record and the exit status is 1 at the end.

With --mask-rate, each INPUT is a text of its own, and "-" stands for the lines of standard input.`;
  static override usage = 'score [INPUT...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> score < records.jsonl',
    '<%= config.bin %> score --mask-rate 0.5 "The cat sat on the mat."',
    '<%= config.bin %> score --jsonl --mask-rate 0.15 --seed 7 texts.jsonl',
  ];

  static override args = {
    input: manyArgs('A file of records, or a text with --mask-rate; "-" reads standard input.'),
  };

  static override flags = {
    'mask-rate': decimal({
      helpGroup: INPUT,
      helpValue: 'P',
      summary: 'Mask each token of a text with probability P.',
      above: 0,
      most: 1,
    }),
    seed: Flags.integer({
      helpGroup: INPUT,
      helpValue: 'N',
      summary: 'Same seed, same masked tokens.',
      dependsOn: ['mask-rate'],
      ...seedRange,
    }),
    jsonl: Flags.boolean({
      helpGroup: INPUT,
      summary:
        'Read records with --mask-rate too; it then holds for the texts that do not say what is masked.',
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
    const masking =
      maskRate === undefined
        ? undefined
        : { maskRate, ...(flags.seed !== undefined && { seed: flags.seed }) };
    return this.withSink(flags.output, async (sink) => {
      const keepGoing = masking === undefined || flags.jsonl;
      const inputs = await peek(this.inputs(given, keepGoing ? undefined : masking, masking));
      const { engine, model } = await this.loadModel(flags);
      try {
        return statusOfFailures(
          await runScore({ engine, model, signal: this.signal, keepGoing, sink }, inputs),
        );
      } finally {
        model.dispose();
      }
    });
  }

  private inputs(
    given: string[],
    ofTexts: Masking | undefined,
    ofRecords: Masking | undefined,
  ): AsyncGenerator<Scorable> {
    if (ofTexts) return scoreTexts(given, () => openSource('-', this.signal), ofTexts);
    return scoreRecords(
      given.map((path) => openSource(path, this.signal)),
      ofRecords,
    );
  }
}
