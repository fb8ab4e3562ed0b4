// maria eval throughput: how fast systems fill gaps, over the length of the text.
import * as Flags from '@oclif/core/flags';
import { EvalCommand } from '../../eval/command.js';
import { DATA, dataHelp, evalFlags, RUN, runHelp, systemsHelp } from '../../eval/flags.js';
import { writeTables } from '../../eval/write-tables.js';
import { decimal } from '../../flags.js';
import { decimalRanges, ranges } from '../../ranges.js';

const { words: _, windows: __, 'span-length': ___, ...flagsOfSystems } = evalFlags;

export default class EvalThroughput extends EvalCommand {
  static override summary = 'Compare systems by how fast they fill gaps, over the length of the text.';
  static override description =
    `The same texts with the same words masked are filled by every system, the most probable token each time. Systems of one model take turns, so that what else the machine does falls on all of them. maria bench throughput tells more of a single pair: passes, drafts, memory.

${systemsHelp}

${dataHelp}

${runHelp.replace(' and gives the same results to the bit, with any --batch;', '')}`;
  static override usage = 'eval throughput --data PATH --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data stories.txt --out speed',
    '<%= config.bin %> <%= command.id %> --data book.txt --lengths 64,128,256 --batch 1 --out speed',
  ];

  static override flags = {
    ...flagsOfSystems,
    lengths: Flags.integer({
      helpGroup: DATA,
      helpValue: 'NS',
      summary: 'Words of the texts, with commas between them.',
      multiple: true,
      delimiter: ',',
      default: [32, 64, 128],
      ...ranges.window,
    }),
    texts: Flags.integer({
      helpGroup: DATA,
      helpValue: 'N',
      summary: 'Texts that each run fills.',
      default: 4,
      ...ranges.documents,
    }),
    'mask-rate': decimal({
      helpGroup: DATA,
      helpValue: 'P',
      summary: 'Part of the words that is masked.',
      default: 0.5,
      ...decimalRanges.probability,
    }),
    repetitions: Flags.integer({
      helpGroup: RUN,
      helpValue: 'N',
      summary: 'Runs that count.',
      default: 5,
      ...ranges.repetitions,
    }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(EvalThroughput);
    const lengths = [...new Set(flags.lengths)].sort((a, b) => a - b);
    const longest = Math.max(...lengths);
    const given = { ...flags, words: longest, windows: flags.texts, 'span-length': 1 };
    const mask = { pattern: 'words', rates: [flags['mask-rate']] } as const;
    return this.evaluating(given, mask, async (evaluations, options) => {
      const { texts, repetitions } = flags;
      const summary = await evaluations.evaluateSpeed({ ...options, lengths, texts, repetitions });
      await writeTables(evaluations, flags, summary, evaluations.throughputTables(summary));
      return 0;
    });
  }
}
