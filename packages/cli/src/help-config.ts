// What help reads of oclif's Config, from package.json and oclif.manifest.json alone: loading a Config takes longer than the help itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import type { Topic } from '@oclif/core/interfaces';

interface Package {
  readonly oclif: {
    readonly bin: string;
    readonly topicSeparator: ':' | ' ';
    readonly additionalHelpFlags: readonly string[];
    readonly helpOptions: object;
    readonly topics: Readonly<Record<string, { readonly description: string }>>;
  };
}

/** Whether oclif prints help for such arguments. */
export function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return argv.length === 0 || words.includes('--help') || words.includes('-h');
}

/** A plain object in its place: this command has no plugins, aliases, hooks or themes. */
export function helpConfig(packageRoot: string): Config {
  const read = (file: string) => JSON.parse(readFileSync(join(packageRoot, file), 'utf8'));
  const pjson: Package = read('package.json');
  const manifest: { commands: Record<string, Command.Loadable> } = read('oclif.manifest.json');
  const commands = Object.values(manifest.commands);
  // As oclif has it: each command is a topic too, which makes a topic one with something below it.
  const topics: Topic[] = [
    ...Object.entries(pjson.oclif.topics).map(([name, { description }]) => ({ name, description })),
    ...commands.map(({ id }) => ({ name: id })),
  ];
  const config = {
    pjson,
    bin: pjson.oclif.bin,
    topicSeparator: pjson.oclif.topicSeparator,
    platform: process.platform,
    shell: '',
    plugins: new Map(),
    topics,
    commands,
    commandIDs: commands.map(({ id }) => id),
    findCommand: (id: string) => commands.find((command) => command.id === id),
    findTopic: (id: string) => topics.find(({ name }) => name === id),
  };
  return config as unknown as Config;
}
