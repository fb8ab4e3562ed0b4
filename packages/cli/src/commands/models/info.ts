// maria models info: what a model is, before its weights are opened or even downloaded.
import type { ModelInfo } from '@maria/checkpoints';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { foldFact } from '../../fold.js';
import { HubCommand } from '../../hub-command.js';
import { table } from '../../models/table.js';
import { readableSize } from '../../readable-size.js';
import { tableColumns } from '../../terminal.js';

export default class Info extends HubCommand {
  static override summary = 'Describe a model.';
  static override description =
    'Tells the family, sizes, licence and files of a model, without opening its weights. A folder or a model in the cache is described from its files; for any other model the Hub is asked, and nothing is downloaded into the cache.';
  static override usage = 'models info ID[@REVISION]|DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> models info allenai/OLMo-1B-0724-hf',
    '<%= config.bin %> models info ./my-model --json',
  ];

  static override args = {
    model: stringArg({
      required: true,
      ignoreStdin: true,
      description: 'A model of the Hub, a folder, or the name of a pair.',
    }),
  };

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Info);
    const { knownPairUnlessFolder, knownRepository, modelInfo } = await this.hub();
    const pair = knownPairUnlessFolder(args.model);
    const models = pair ? [pair.ar, pair.mlm].map(knownRepository) : [args.model];
    for (const [i, model] of models.entries()) {
      const info = await this.pulling((options) => modelInfo(model, options));
      if (flags.json) await this.writeRecord(info);
      // Names and values come from strangers: none of them may steer the terminal.
      else await this.write([...(i > 0 ? [''] : []), ...linesOf(info, tableColumns())]);
    }
    return 0;
  }
}

const places = { folder: 'folder', cache: 'cache', hub: 'Hub, not downloaded' } as const;

function linesOf(
  { source, folder, repository, config, licence, files, size, problem }: ModelInfo,
  columns: number,
): string[] {
  const facts: [string, string | number | undefined][] = [
    ['model', repository?.id],
    ['revision', repository && `${repository.revision} (${repository.commit})`],
    ['place', folder ?? places[source]],
    ['family', [config.modelType ?? 'unknown', ...config.architectures].join(', ')],
    ['licence', licence ?? 'not told'],
    ['hidden size', config.hiddenSize],
    ['layers', config.layers],
    ['heads', config.heads],
    ['vocabulary', config.vocabularySize],
    ['longest text', config.maxLength && `${config.maxLength} tokens`],
    ['weights', config.dtype],
    ['needed', readableSize(size)],
    ['problem', problem],
  ];
  const told = facts.flatMap(([name, value]) =>
    value === undefined ? [] : foldFact(name, String(value), 13, columns),
  );
  const rows = files.map((file) => [
    file.name,
    file.size === undefined ? '' : readableSize(file.size),
    file.needed ? '' : 'not needed',
  ]);
  return [...told, '', ...table(['FILE', 'SIZE', ''], rows, columns)];
}
