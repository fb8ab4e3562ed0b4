// maria models inspect: what a model folder holds, what memory it takes, and what it pairs with.
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { HubCommand } from '../../hub-command.js';
import { inspectLines } from '../../models/inspect-lines.js';
import { note } from '../../output.js';
import { tableColumns } from '../../terminal.js';

export default class Inspect extends HubCommand {
  static override summary = 'Tell what a model holds, what memory it takes, and what it pairs with.';
  static override description =
    'Opens the files of a model, checks its config, tensors and tokenizer, lists tensors that nothing reads, and estimates the memory that it takes as it is and quantised. Weights are read only where a config ties two matrices and the files hold both, to compare them. A model of the Hub is downloaded when it is not in the cache.\n\nWith OTHER, tells whether the two models are a pair, which takes tables of the same tokens; without it, whether it pairs with the other half of the embedded pair. The name of a pair (maria models pairs) stands for both of its models.';
  static override usage = 'models inspect MODEL [OTHER] [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./olmo-1b',
    '<%= config.bin %> <%= command.id %> ./olmo-1b ./modernbert-large --json',
  ];

  static override args = {
    model: stringArg({
      required: true,
      ignoreStdin: true,
      description: 'A folder, a model of the Hub, or the name of a pair.',
    }),
    other: stringArg({ ignoreStdin: true, description: 'Another one, as its other half.' }),
  };

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Inspect);
    const { inspectModel, knownPairUnlessFolder, knownRepository, resolveModel } = await this.hub();
    const resolve = (model: string) => this.pulling((options) => resolveModel(model, options));
    const pair = knownPairUnlessFolder(args.model);
    const folder = await resolve(pair ? knownRepository(pair.ar) : args.model);
    const other = args.other ?? (pair && knownRepository(pair.mlm));
    const others = other === undefined ? undefined : [await resolve(other)];
    const model = await inspectModel(folder, others, { onNote: note, signal: this.signal });
    if (flags.json) await this.writeRecord(model);
    else await this.write(inspectLines(model, tableColumns()));
    return 0;
  }
}
