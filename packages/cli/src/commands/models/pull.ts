// maria models pull: brings models from the Hub into the cache.
import * as Flags from '@oclif/core/flags';
import { requiredArgs } from '../../flags.js';
import { HubCommand } from '../../hub-command.js';
import { note } from '../../output.js';
import { readableSize } from '../../readable-size.js';

export default class Pull extends HubCommand {
  static override summary = 'Download models from the Hugging Face Hub.';
  static override description =
    `Brings the needed files of each model into the cache that Python's tools use too: config.json, the .safetensors weights (or pytorch_model.bin where there are none), the tokenizer, the model card and the licence. With a trained head come the models that it names. Files that are there are not downloaded again, unless they are damaged, and a download that was cut short goes on where it stopped.

The folder of each model goes to standard output. A commit that is in the cache needs no network; a branch is looked up.

Read from the environment: HF_HUB_CACHE or HF_HOME (where the cache is), HF_TOKEN (for gated and private models), HF_ENDPOINT (a mirror), HF_HUB_OFFLINE=1, HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (a proxy), and MARIA_MIN_SPEED (bytes a second, over a minute, below which a server is given up; 1024 if it is not set).`;
  static override usage = 'models pull ID[@REVISION]... [FLAGS]';
  static override examples = [
    '<%= config.bin %> models pull allenai/OLMo-1B-0724-hf answerdotai/ModernBERT-large',
    '<%= config.bin %> models pull ettin-150m',
    '<%= config.bin %> models pull openai-community/gpt2@main --json',
  ];

  static override args = {
    id: requiredArgs(
      'A model of the Hub, and a branch, tag or commit of it; or the name of a pair (maria models pairs).',
    ),
  };

  static override flags = {
    verify: Flags.boolean({
      summary: 'Compare all files that are there with their hashes, and mend what is damaged.',
    }),
    json: Flags.boolean({ summary: 'Write a JSON object for each model, on one line.' }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Pull);
    const { verify } = flags;
    const { knownPair, knownRepository, modelsOfHead, pullModel } = await this.hub();
    const ids = [args.id].flat().flatMap((name) => {
      const pair = knownPair(name);
      return pair ? [pair.ar, pair.mlm].map(knownRepository) : [name];
    });
    for (const id of ids) {
      const pulled = await this.pulling((options) => pullModel(id, { ...options, verify }));
      if (flags.json) await this.writeRecord(pulled);
      else await this.write([pulled.folder]);
      const size = pulled.files.reduce((sum, file) => sum + file.size, 0);
      note(
        `${id}: ${readableSize(size)}, ${pulled.received > 0 ? `${readableSize(pulled.received)} of it downloaded` : 'all of it was here'}`,
      );
      ids.push(...modelsOfHead(pulled.folder).filter((model) => !ids.includes(model)));
    }
    return 0;
  }
}
