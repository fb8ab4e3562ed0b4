// maria eval perplexity: how probable systems find the masked words of texts.
import * as Flags from '@oclif/core/flags';
import { EvalCommand } from '../../eval/command.js';
import {
  DATA,
  dataHelp,
  evalFlags,
  maskRateFlag,
  runHelp,
  shardFlags,
  systemsHelp,
} from '../../eval/flags.js';
import { writeTables } from '../../eval/write-tables.js';
import { defined } from '../../flags.js';

export default class EvalPerplexity extends EvalCommand {
  static override summary = 'Compare systems by how probable they find the masked words of texts.';
  static override description =
    `The same words are masked for every system, a part of them after the other. Losses are in nats a word and bits a byte, which compare across vocabularies. Those of a pair are exact, from left to right; those of a denoiser are exact where its sampler has an order of its own, else a bound, shown with ≤. Intervals are the middle 95 % of a bootstrap over documents; differences from the first system are over the same documents.

${systemsHelp}

${dataHelp}

${runHelp}`;
  static override usage = 'eval perplexity --data PATH --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data stories.txt --out run',
    '<%= config.bin %> <%= command.id %> --system maria --system product --system ar --system mlm --data a.txt.zst --data b.jsonl --mask-rate 0.15,0.3,0.5,0.7,0.9 --out run',
    '<%= config.bin %> <%= command.id %> --system maria --system diffusion --system llada=GSAI-ML/LLaDA-8B-Base,steps=32,sampler=low-confidence --data a.jsonl --out run',
    '<%= config.bin %> <%= command.id %> --system mine=runs/head --system maria --data lambada_test.txt --mask given --out run',
  ];

  static override flags = {
    ...evalFlags,
    ...shardFlags,
    'mask-rate': maskRateFlag([0.15, 0.3, 0.5, 0.7, 0.9]),
    mask: Flags.option({
      helpGroup: DATA,
      helpValue: 'HOW',
      summary:
        'What is masked: words one by one, spans of words, tokens (of systems with one vocabulary), or given, the gaps that the data have themselves.',
      options: ['words', 'spans', 'tokens', 'given'] as const,
      default: 'words' as const,
    })(),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(EvalPerplexity);
    const mask = { pattern: flags.mask, rates: [...new Set(flags['mask-rate'])] };
    return this.evaluating(flags, mask, async (evaluations, options) => {
      const summary = await evaluations.evaluatePerplexity({
        ...options,
        ...defined({ shard: flags.shard, join: flags.join }),
      });
      await writeTables(evaluations, flags, summary, evaluations.perplexityTables(summary));
      return 0;
    });
  }
}
