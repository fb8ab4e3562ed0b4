// maria config: shows and changes what is set outside the command line.
import { ExitStatus, UsageError } from '@maria/core/errors';
import { string as stringArg } from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { readCommandFlags } from '../command-names.js';
import { changeSetting } from '../config/change-setting.js';
import { keysOf, projectFile, readLayers, userFile } from '../config/settings.js';
import { generalFlags } from '../flags.js';
import { standardOutput } from '../output.js';

export default class Config extends Command {
  static override summary = 'Show and change what flags are without being written.';
  static override description =
    `Without arguments: what is set, and where. With a KEY: its value. With a KEY and a VALUE: sets it in the user's file.

A key is the name of a flag of models (model, ar, mlm, backend, device, dtype, gpu-memory, tf32, threads, quantize, context, kv-cache, ar-prefix, mlm-template), which holds for infill, score, anneal and tui; quiet, for all commands; COMMAND.FLAG, for one command (infill.temperature); or aliases.NAME, a name for a model.

What is written on the command line wins, then the environment (MARIA_MODEL, MARIA_THREADS …), then ${projectFile} of the project's folder, then the user's file: $MARIA_CONFIG, or maria/config.json in $XDG_CONFIG_HOME or ~/.config. With an empty MARIA_CONFIG nothing is read.

A model that only ${projectFile} names is not downloaded: the folder may be a stranger's. maria models pull brings it.`;
  static override usage = 'config [KEY [VALUE]] [FLAGS]';
  static override examples = [
    '<%= config.bin %> config model ettin-150m',
    '<%= config.bin %> config infill.temperature 0.7',
    '<%= config.bin %> config aliases.mine ./models/mine',
    '<%= config.bin %> config --unset model',
  ];

  static override args = {
    key: stringArg({ ignoreStdin: true, description: 'The name of a flag, COMMAND.FLAG, or aliases.NAME.' }),
    value: stringArg({ ignoreStdin: true, description: 'What to set it to.' }),
  };

  static override flags = {
    unset: Flags.boolean({ summary: 'Remove the key.' }),
    project: Flags.boolean({ summary: `Change ${projectFile} in this folder in place of the user's file.` }),
  };

  static override baseFlags = generalFlags;

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Config);
    const { key, value } = args;
    if (flags.unset && (key === undefined || value !== undefined))
      throw new UsageError('bad-setting', 'Cannot change the settings: --unset takes a key alone.', {
        try: 'maria config --unset model',
      });
    if (key !== undefined && (value !== undefined || flags.unset)) {
      const file = flags.project ? projectFile : userFile();
      if (file === undefined)
        throw new UsageError('bad-setting', 'Cannot change the settings: MARIA_CONFIG is empty.', {
          try: 'unset MARIA_CONFIG',
        });
      await changeSetting(file, key, value, {
        flags: readCommandFlags(this.config.root),
        load: async (command, flag) => {
          const { flags, baseFlags } = await this.config
            .findCommand(command.replace(' ', ':'), { must: true })
            .load();
          return { ...baseFlags, ...flags }[flag]!;
        },
      });
      return 0;
    }
    // The first of a key is the one that holds.
    const held = readLayers().flatMap(keysOf);
    if (key === undefined) {
      const lines = held.map(({ key, value, origin }, i) => {
        const holds = held.findIndex((other) => other.key === key) === i;
        return `${key} = ${JSON.stringify(value)} (${origin}${holds ? '' : ', set above'})\n`;
      });
      await standardOutput().write(lines.join(''));
      return 0;
    }
    const found = held.find((setting) => setting.key === key);
    if (found === undefined) return ExitStatus.failed;
    const { value: shown } = found;
    await standardOutput().write(`${typeof shown === 'object' ? JSON.stringify(shown) : shown}\n`);
    return 0;
  }
}
