// The names of the commands and of their flags, as oclif.manifest.json has them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFlags } from './config/with-settings.js';

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: CommandFlags }>>;
}

/** The flags of each command, by its words: "models pull" has --quiet, … */
export type CommandNames = ReadonlyMap<string, readonly string[]>;

export function readCommandNames(packageRoot: string): CommandNames {
  return new Map(
    [...readCommandFlags(packageRoot)].map(([words, flags]) => [
      words,
      Object.keys(flags).map((name) => `--${name}`),
    ]),
  );
}

/** The flags of each command, by its words. */
export function readCommandFlags(packageRoot: string): ReadonlyMap<string, CommandFlags> {
  const { commands }: Manifest = JSON.parse(readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8'));
  return new Map(Object.entries(commands).map(([id, { flags }]) => [id.replace(':', ' '), flags]));
}
