// maria models ls: the models in the cache.
import type { CachedModel, CachedRevision } from '@maria/checkpoints';
import * as Flags from '@oclif/core/flags';
import { HubCommand } from '../../hub-command.js';
import { table } from '../../models/table.js';
import { note } from '../../output.js';
import { readableSize } from '../../readable-size.js';
import { tableColumns } from '../../terminal.js';

export default class Ls extends HubCommand {
  static override summary = 'List the models in the cache.';
  static override description =
    'Lists the models of the Hub in the cache, whichever tool brought them, with a line for each revision. Revisions of a model share the files that they have in common.';
  static override examples = ['<%= config.bin %> models ls', '<%= config.bin %> models ls --json'];

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { flags } = await this.parse(Ls);
    const { hubSettings, listModels } = await this.hub();
    const { cacheFolder } = hubSettings();
    const models = await listModels();
    if (flags.json) {
      await this.writeRecord({ cacheFolder, models });
    } else if (models.length === 0) {
      note(`There are no models in ${cacheFolder}.`);
    } else {
      await this.write(table(['MODEL', 'REVISION', 'SIZE', ''], models.flatMap(rowsOf), tableColumns()));
      note(`${readableSize(models.reduce((sum, { size }) => sum + size, 0))} in ${cacheFolder}`);
    }
    return 0;
  }
}

function rowsOf({ id, revisions, incomplete }: CachedModel): string[][] {
  const rows = revisions.map((revision) => [
    id,
    nameOf(revision),
    readableSize(revision.size),
    stateOf(revision),
  ]);
  return incomplete > 0 ? [...rows, [id, '', readableSize(incomplete), 'not downloaded to the end']] : rows;
}

function nameOf({ refs, commit }: CachedRevision): string {
  return [...refs, commit.slice(0, 8)].join(' ');
}

function stateOf({ missing }: CachedRevision): string {
  return missing === undefined ? '' : `lacks ${missing}`;
}
