// maria completion: a script for a shell that completes commands, flags and names.
import { knownPairs } from '@maria/checkpoints/known-pairs';
import { string as stringArg } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { readCandidates, type Shell, shells } from '../completion/candidates.js';
import { completionScript } from '../completion/scripts.js';
import { generalFlags, listed } from '../flags.js';
import { standardOutput } from '../output.js';

export default class Completion extends Command {
  static override summary = 'Write a script that completes command lines of maria in a shell.';
  static override description =
    'The script completes commands, flags, the words that a flag takes, and the names of known pairs (maria models pairs). It holds all of them, starts nothing, and is made anew after an update.';
  static override usage = `completion ${shells.join('|')}`;
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion zsh > "$HOME/.zsh/completions/_maria"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/maria.fish',
  ];

  static override baseFlags = generalFlags;

  static override args = {
    shell: stringArg({
      required: true,
      ignoreStdin: true,
      options: [...shells],
      description: `The shell: ${listed(shells)}.`,
    }),
  };

  async run(): Promise<number> {
    const { args } = await this.parse(Completion);
    const names = knownPairs.map(({ name }) => name);
    const candidates = readCandidates(this.config.root, names);
    await standardOutput().write(completionScript(args.shell as Shell, candidates));
    return 0;
  }
}
