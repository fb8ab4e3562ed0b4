// maria models rm: removes models from the cache.
import * as Flags from '@oclif/core/flags';
import { requiredArgs } from '../../flags.js';
import { HubCommand } from '../../hub-command.js';
import { note } from '../../output.js';
import { readableSize } from '../../readable-size.js';

export default class Rm extends HubCommand {
  static override summary = 'Remove models from the cache.';
  static override description =
    "Removes a model from the cache, or one revision of it with the files that no other revision shares. The cache is that of Python's tools too. It does not ask whether you are sure.";
  static override usage = 'models rm ID[@REVISION]... [FLAGS]';
  static override examples = [
    '<%= config.bin %> models rm openai-community/gpt2',
    '<%= config.bin %> models rm openai-community/gpt2@607a30d7',
  ];

  static override args = {
    id: requiredArgs(
      'A model, and a branch, a tag or the first 7 digits or more of a commit; or the name of a pair.',
    ),
  };

  static override flags = {
    json: Flags.boolean({ summary: 'Write a JSON object for each model, on one line.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Rm);
    const { knownPair, removeModel } = await this.hub();
    const ids = [args.id].flat().flatMap((name) => {
      const pair = knownPair(name);
      return pair ? [pair.ar.id, pair.mlm.id] : [name];
    });
    for (const id of ids) {
      const removed = await removeModel(id);
      if (flags.json) await this.writeRecord(removed);
      const left = removed.remaining > 0 ? `, other revisions stay: ${removed.remaining}` : '';
      note(`${id}: removed, ${readableSize(removed.freed)} freed${left}`);
    }
    return 0;
  }
}
