// What the commands share whose work a running server may do.
import type { LoadModelOptions } from '@maria/checkpoints';
import type { InferredFlags } from '@oclif/core/interfaces';
import type { modelFlags } from '../flags.js';
import { type LoadedModel, ModelCommand } from '../model-command.js';
import { note } from '../output.js';
import { packageVersion } from '../version.js';

type Flags = InferredFlags<typeof modelFlags> &
  Pick<LoadModelOptions, 'lanes'> & { readonly server?: string | undefined };

export abstract class ServerCommand extends ModelCommand {
  /** The model of the flags, or a running server that has it, where --server finds one. */
  protected async serverOrModel(flags: Flags): Promise<LoadedModel> {
    if (flags.server !== undefined) {
      const [{ findServer }, { identityOf }] = await Promise.all([
        import('./find-server.js'),
        import('./identity.js'),
      ]);
      const version = packageVersion(this.config.root);
      const found = await findServer(flags.server, { version, identity: identityOf(flags, version) }, note);
      if (found) return found;
    }
    return this.loadModel(flags);
  }
}
