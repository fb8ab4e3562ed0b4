// maria models prune: removes copies of models that nothing needs any more.
import type { CachedCopy } from '@maria/checkpoints';
import * as Flags from '@oclif/core/flags';
import { HubCommand } from '../../hub-command.js';
import { table } from '../../models/table.js';
import { note } from '../../output.js';
import { readableSize } from '../../readable-size.js';
import { tableColumns } from '../../terminal.js';

export default class Prune extends HubCommand {
  static override summary = 'Remove quantised and converted copies of models from the cache.';
  static override description =
    'Removes the copies that --quantize made of models that have changed or are gone, weights that were converted from files that are gone, and what was not finished. Quantised copies that a running maria uses stay; converted ones it can go on reading.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --dry-run',
  ];

  static override flags = {
    all: Flags.boolean({ summary: 'Remove the copies of models that are still there, too.' }),
    verify: Flags.boolean({ summary: 'Read all copies, and remove those that are damaged.' }),
    'dry-run': Flags.boolean({ summary: 'Tell what would be removed, and remove nothing.' }),
    json: Flags.boolean({ summary: 'Write one JSON object.' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Prune);
    const { pruneCopies } = await this.hub();
    const { all, verify, 'dry-run': dryRun } = flags;
    const pruned = await pruneCopies({ all, verify, dryRun });
    const { removed, inUse, kept } = pruned;
    if (flags.json) {
      await this.writeRecord({ ...pruned, dryRun });
      return 0;
    }
    if (removed.length > 0) await this.write(table(['COPY', 'SIZE', ''], removed.map(rowOf), tableColumns()));
    const verb = dryRun ? 'would be removed' : 'removed';
    note(`${readableSize(sum(removed))} ${verb}, ${readableSize(sum([...kept, ...inUse]))} stay.`);
    for (const { name } of inUse) note(`${name} is in use.`);
    return 0;
  }
}

function rowOf({ name, size, useless }: CachedCopy): string[] {
  return [name, readableSize(size), useless ?? ''];
}

function sum(copies: readonly CachedCopy[]): number {
  return copies.reduce((total, { size }) => total + size, 0);
}
