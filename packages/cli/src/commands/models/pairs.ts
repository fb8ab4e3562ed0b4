// maria models pairs: published models that fuse without training, by the names that --model takes.
import * as Flags from '@oclif/core/flags';
import { HubCommand } from '../../hub-command.js';
import { table } from '../../models/table.js';
import { note } from '../../output.js';
import { tableColumns } from '../../terminal.js';

export default class Pairs extends HubCommand {
  static override summary = 'List published models that are a pair, with names of one word.';
  static override description =
    'Each name stands for an autoregressive and a masked model of the Hub that share a vocabulary: --model takes it, and fuses the two as an untrained product of experts, and models pull brings both. A folder of that name comes first. Those that are gated want their terms to be accepted on the Hub, and HF_TOKEN.';
  static override examples = [
    '<%= config.bin %> models pairs',
    '<%= config.bin %> infill --model ettin-150m "The [MASK] sat."',
  ];

  static override flags = {
    json: Flags.boolean({ summary: 'Write a JSON object for each pair, on one line.' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Pairs);
    const { knownPairs } = await this.hub();
    if (flags.json) {
      for (const pair of knownPairs) await this.writeRecord(pair);
      return 0;
    }
    const rows = knownPairs.map(({ name, ar, mlm, license, isGated }) => [
      name,
      ar,
      mlm,
      isGated ? `${license}; gated` : license,
    ]);
    await this.write(table(['NAME', 'AUTOREGRESSIVE', 'MASKED', 'LICENCE'], rows, tableColumns()));
    note('maria models pull NAME brings both models of a pair, maria infill --model NAME fills with them.');
    return 0;
  }
}
