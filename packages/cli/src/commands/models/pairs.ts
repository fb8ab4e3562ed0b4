// maria models pairs: published models that are a pair, under names of one word.
import { UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { closestTo } from '../../closest.js';
import { HubCommand } from '../../hub-command.js';
import { type DescribedPair, pairLines, pairTable } from '../../models/pair-lines.js';
import { note } from '../../output.js';
import { tableColumns } from '../../terminal.js';

export default class Pairs extends HubCommand {
  static override summary = 'List published models that are a pair.';
  static override description =
    'Each name stands for an autoregressive and a masked model of the Hub that share a vocabulary: --model takes it, and fuses the two as an untrained product of experts, and models pull brings both. A folder of that name comes first. Those that are gated want their terms to be accepted on the Hub, and HF_TOKEN.\n\nThe memory in float32, int8 and int4 is in GiB. It is reckoned from the configs, for one text and a KV cache of 2048 tokens, as it is before a model is loaded; "?" stands for what is not known without asking the Hub, "*" for a pair with a note. With NAME, all that is known of a pair is told: ids, commits, licences, sizes, languages.';
  static override usage = 'models pairs [NAME] [FLAGS]';
  static override examples = [
    '<%= config.bin %> models pairs',
    '<%= config.bin %> models pairs ettin-150m',
    '<%= config.bin %> infill --model ettin-150m "The [MASK] sat."',
  ];

  static override args = { name: stringArg({ ignoreStdin: true, description: 'One pair of the list.' }) };

  static override flags = {
    json: Flags.boolean({ summary: 'Write a JSON object for each pair, on one line.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Pairs);
    const { knownPair, knownPairs, pairFacts } = await this.hub();
    const { name } = args;
    const one = name === undefined ? undefined : knownPair(name);
    if (name !== undefined && one === undefined) {
      const meant = closestTo(
        name,
        knownPairs.map((pair) => pair.name),
      );
      throw new UsageError(
        'unknown-pair',
        `Cannot describe the pair ${JSON.stringify(name)}: there is none of that name.`,
        {
          try: meant === undefined ? 'maria models pairs' : `maria models pairs ${meant}`,
        },
      );
    }
    const described: DescribedPair[] = [];
    for (const pair of one ? [one] : knownPairs) {
      const { ar, mlm } = pair;
      const facts = ar.config && mlm.config && (await pairFacts(ar.config, mlm.config));
      described.push({ ...pair, ...(facts && { facts }) });
    }
    if (flags.json) {
      for (const pair of described) await this.writeRecord(pair);
      return 0;
    }
    const [first] = described;
    await this.write(one && first ? pairLines(first, tableColumns()) : pairTable(described, tableColumns()));
    if (one) return 0;
    note('maria models pull NAME brings both models of a pair, maria infill --model NAME fills with them.');
    note('maria models pairs NAME tells what stands in the way of those with a "*".');
    return 0;
  }
}
