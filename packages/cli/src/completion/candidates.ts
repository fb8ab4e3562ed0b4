// What may stand where on a command line of maria: from oclif.manifest.json, and the names of known pairs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceKinds } from '@maria/kernels/device';

interface Flag {
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly options?: readonly string[];
}

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly flags: Readonly<Record<string, Flag>>;
        readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
      }
    >
  >;
}

export interface Candidates {
  /** By the words of a command: "" has the commands, "models" the commands of that topic. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  /** "models pull" has --json, … */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** What may come after a flag that takes a value, by the command and the flag: "infill --backend". Empty where files may be meant. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Arguments of a command: "models pull" takes names of pairs. */
  readonly args: ReadonlyMap<string, readonly string[]>;
}

/** Commands whose arguments may be the name of a pair. */
const takePairs = new Set(['models info', 'models inspect', 'models pairs', 'models pull', 'models rm']);

export function readCandidates(packageRoot: string, pairs: readonly string[]): Candidates {
  const { commands: all }: Manifest = JSON.parse(
    readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8'),
  );
  const commands = new Map<string, string[]>([['', []]]);
  const flags = new Map<string, string[]>();
  const values = new Map<string, readonly string[]>();
  const args = new Map<string, readonly string[]>();
  for (const [id, command] of Object.entries(all)) {
    const words = id.split(':');
    const name = words.join(' ');
    for (const [i, word] of words.entries()) {
      const above = words.slice(0, i).join(' ');
      commands.set(above, [...new Set([...(commands.get(above) ?? []), word])]);
    }
    flags.set(name, [...Object.keys(command.flags).map((flag) => `--${flag}`), '--help']);
    for (const [flag, { type, char, options }] of Object.entries(command.flags)) {
      if (type !== 'option') continue;
      const possible =
        options ?? (flag === 'model' ? pairs : flag === 'device' ? ['auto', ...deviceKinds] : []);
      for (const spelling of [`--${flag}`, ...(char ? [`-${char}`] : [])])
        values.set(`${name} ${spelling}`, possible);
    }
    const [first] = Object.values(command.args);
    const possible = takePairs.has(name) ? pairs : first?.options;
    if (possible) args.set(name, possible);
  }
  return { commands, flags, values, args };
}

export const shells = ['bash', 'fish', 'zsh'] as const;
export type Shell = (typeof shells)[number];
