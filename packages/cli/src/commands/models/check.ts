// maria models check: how far a quantised model is from itself in float32.

import type { QuantizationCheck } from '@maria/checkpoints';
import { schemes } from '@maria/checkpoints/quantization';
import { UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { backendFlags, backendOptionsOf, defined, listed } from '../../flags.js';
import { HubCommand } from '../../hub-command.js';
import { openSource, readWhole } from '../../input.js';
import { note } from '../../output.js';
import { quantizeTeller } from '../../quantize-teller.js';
import { ranges } from '../../ranges.js';
import { requireBackend } from '../../require-backend.js';
import { decodeUtf8 } from '../../utf8.js';

export default class Check extends HubCommand {
  static override summary = 'Tell how far a quantised model is from itself in float32.';
  static override description =
    'Reads a text with the model as it is and with the quantised one, and compares what they predict: the next token (an AR model), masked tokens (an MLM, at a mask rate of 0.15), or masked tokens with both (a MARIA checkpoint or a pair, at 0.5). Tells the KL divergence in nats, its mean and its largest value, and the perplexity of both.\n\nWithout MODEL, --ar and --mlm, the embedded pair is checked.';
  static override usage = `models check [MODEL] --quantize ${schemes.join('|')} --text FILE [FLAGS]`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --quantize int4 --text story.txt',
    '<%= config.bin %> <%= command.id %> ./olmo-1b --quantize int8 --text story.txt --json',
  ];

  static override args = {
    model: stringArg({ ignoreStdin: true, description: 'A folder, or a model of the Hub.' }),
  };

  static override flags = {
    quantize: Flags.option({
      helpValue: 'NAME',
      summary: `What to compare with float32: ${listed(schemes)}.`,
      options: schemes,
      required: true,
    })(),
    text: Flags.string({
      helpValue: 'FILE',
      summary: 'Text to read; "-" for standard input.',
      required: true,
    }),
    ar: Flags.string({ helpValue: 'MODEL', summary: 'Check this AR model with --mlm.', dependsOn: ['mlm'] }),
    mlm: Flags.string({ helpValue: 'MODEL', summary: 'Check this MLM with --ar.', dependsOn: ['ar'] }),
    tokens: Flags.integer({
      helpValue: 'N',
      summary: 'Read at most N tokens of the text.',
      default: 2048,
      ...ranges.checkedTokens,
    }),
    ...backendFlags,
    json: Flags.boolean({ summary: 'Write one JSON object.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Check);
    const { ar, mlm, tokens, quantize: scheme } = flags;
    if (args.model !== undefined && ar !== undefined)
      throw new UsageError('options-exclude', 'Cannot check both a model and a pair.', {
        try: 'Give MODEL, or --ar and --mlm.',
      });
    const text = decodeUtf8(await readWhole(openSource(flags.text, this.signal)), flags.text);
    const { checkModel, checkPair, isMariaConfig, readJsonObject, resolveModel } = await this.hub();
    const options = {
      ...backendOptionsOf(flags),
      tokens,
      scheme,
      text,
      signal: this.signal,
      onWarning: (message: string) => note(`Warning: ${message}`),
      onProgress: quantizeTeller(note),
    };
    const { model } = args;
    if (model !== undefined) await requireBackend(flags);
    const folder = model && (await this.pulling((pulling) => resolveModel(model, pulling)));
    const isMaria = folder === undefined || isMariaConfig(readJsonObject(`${folder}/config.json`));
    const check = isMaria
      ? await this.pulling(({ onProgress: onPull, onNote }) =>
          checkPair(defined({ model: folder, ar, mlm }), { ...options, ...defined({ onPull, onNote }) }),
        )
      : await checkModel(folder, { ...options, onNote: note });
    if (flags.json) await this.writeRecord(check);
    else await this.write(linesOf(check));
    return 0;
  }
}

const roles = {
  ar: 'next tokens',
  mlm: 'masked tokens of the MLM',
  maria: 'masked tokens of the pair',
} as const;

function linesOf({
  scheme,
  role,
  read,
  tokens,
  meanKl,
  maxKl,
  perplexity,
  sameTop,
}: QuantizationCheck): string[] {
  const { float32, quantized } = perplexity;
  const change = 100 * (quantized / float32 - 1);
  return [
    `compared    ${scheme} with float32 on ${tokens} ${roles[role]}, in a text of ${read}`,
    `KL          ${meanKl.toPrecision(3)} nats on average, ${maxKl.toPrecision(3)} at most`,
    `perplexity  ${float32.toFixed(3)} in float32, ${quantized.toFixed(3)} in ${scheme} (${change < 0 ? '' : '+'}${change.toFixed(2)} %)`,
    `same first  ${(100 * sameTop).toFixed(1)} % of the most probable tokens are the same`,
  ];
}
