// The names of the commands and of their flags, as oclif.manifest.json has them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, unknown>> }>>;
}

/** The flags of each command, by its words: "models pull" has --quiet, … */
export type CommandNames = ReadonlyMap<string, readonly string[]>;

export function readCommandNames(packageRoot: string): CommandNames {
  const { commands }: Manifest = JSON.parse(readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8'));
  return new Map(
    Object.entries(commands).map(([id, { flags }]) => [
      id.replace(':', ' '),
      Object.keys(flags).map((name) => `--${name}`),
    ]),
  );
}
