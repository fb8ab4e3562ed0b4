// A command line with the settings that it does not give itself, as if they were written on it.
import { UsageError } from '@maria/core/errors';
import { withoutOtherDevices } from './for-devices.js';
import {
  generalCommands,
  isTrue,
  type Layer,
  refuseUnknownCommands,
  type Setting,
  type Settings,
  whichModels,
} from './settings.js';

/** The flags of a command, by name. */
export type CommandFlags = Readonly<
  Record<
    string,
    { readonly type: 'boolean' | 'option'; readonly char?: string; readonly options?: readonly string[] }
  >
>;

/**
 * Flags that say which models: where one of them is given, all that stands below says nothing of it. A system of evaluations may have
 * a model of its own: NAME=MODEL.
 */
function namesModel({ name, value }: Effective): boolean {
  return whichModels.includes(name) || (name === 'system' && String(value).includes('='));
}

export interface Effective {
  readonly name: string;
  readonly value: Setting;
  readonly origin: string;
}

/**
 * What holds for a command beside its command line.
 * @param given names of the flags on it
 * @throws UsageError `bad-config` for a setting that the command has no flag for
 */
export function settingsFor(
  command: string,
  flags: CommandFlags,
  layers: readonly Layer[],
  given: ReadonlySet<string> = new Set(),
): Effective[] {
  const effective = new Map<string, Effective>();
  let saysWhich = whichModels.some((name) => given.has(name));
  for (const { origin, general, commands } of layers)
    for (const settings of [commands[command] ?? {}, generalFor(command, flags, general)]) {
      for (const [name, value] of Object.entries(settings)) {
        if (!(name in flags))
          throw new UsageError(
            'bad-config',
            `Cannot read the settings in ${origin}: ${command} has no --${name}.`,
            { try: `maria ${command} --help` },
          );
        if (given.has(name) || effective.has(name) || (saysWhich && whichModels.includes(name))) continue;
        effective.set(name, { name, value, origin });
      }
      saysWhich ||= whichModels.some((name) => name in settings);
    }
  return [...effective.values()];
}

/** A command takes of the general settings those that it has. */
function generalFor(command: string, flags: CommandFlags, general: Settings): Settings {
  const takesAll = (generalCommands as readonly string[]).includes(command);
  return Object.fromEntries(
    Object.entries(general).filter(([name]) => name in flags && (takesAll || name === 'quiet')),
  );
}

export interface Settled {
  readonly argv: string[];
  /** What was not on it before. */
  readonly settings: readonly Effective[];
  /** The file that names a model, by a setting or an alias, and may not have it downloaded. */
  readonly withoutDownloads?: string | undefined;
}

/**
 * @param commands flags of the commands, by their words
 * @throws UsageError `bad-config`
 */
export function withSettings(
  argv: readonly string[],
  layers: readonly Layer[],
  commands: ReadonlyMap<string, CommandFlags>,
): Settled {
  for (const layer of layers) refuseUnknownCommands(layer, commands);
  const length = [2, 1].find((words) => commands.has(argv.slice(0, words).join(' ')));
  if (length === undefined) return { argv: [...argv], settings: [] };
  const command = argv.slice(0, length).join(' ');
  const flags = commands.get(command)!;
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const written = argv.slice(length, end);
  const found = settingsFor(command, flags, layers, givenIn(written, flags));
  const setTo = new Map(found.map(({ name, value }) => [name, String(value)]));
  const settings = withoutOtherDevices(found, (name) => valueIn(written, name) ?? setTo.get(name));
  const added = settings.flatMap(({ name, value }) => {
    if (flags[name]!.type === 'option') return [`--${name}`, String(value)];
    return isTrue(String(value)) ? [`--${name}`] : [];
  });
  const { words, named } = withoutAliases([...added, ...written], layers);
  const naming = new Set([...named, ...settings.filter(namesModel).map(({ origin }) => origin)]);
  return {
    argv: [...argv.slice(0, length), ...words, ...argv.slice(end)],
    settings,
    withoutDownloads: layers.find(({ origin, downloads }) => !downloads && naming.has(origin))?.origin,
  };
}

function givenIn(written: readonly string[], flags: CommandFlags): Set<string> {
  const ofChar = new Map(Object.entries(flags).map(([name, { char }]) => [char, name]));
  const names = written.flatMap((word) => {
    if (word.startsWith('--')) return [word.slice(2).split('=')[0]!];
    const name = /^-[a-zA-Z]/.test(word) ? ofChar.get(word[1]) : undefined;
    return name === undefined ? [] : [name];
  });
  return new Set(names);
}

/** What a flag of one long name is given; the last one counts. */
function valueIn(written: readonly string[], name: string): string | undefined {
  const at = written.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  const word = written[at]!;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : written[at + 1];
}

/** The words with what the names of models stand for, and the origins of those aliases. */
function withoutAliases(
  words: readonly string[],
  layers: readonly Layer[],
): { readonly words: readonly string[]; readonly named: readonly string[] } {
  const replaced: string[] = [];
  const named: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [, flag, joined] = /^--(model|ar|mlm|denoiser)(?:=(.*))?$/s.exec(words[i]!) ?? [];
    const name = flag === undefined ? undefined : (joined ?? words[i + 1]);
    const layer = layers.find(({ aliases }) => name !== undefined && Object.hasOwn(aliases, name));
    const alias = layer?.aliases[name!];
    if (layer === undefined || alias === undefined || (typeof alias === 'object' && flag !== 'model')) {
      replaced.push(words[i]!);
      continue;
    }
    named.push(layer.origin);
    if (joined === undefined) i++;
    if (typeof alias === 'string') replaced.push(`--${flag}`, alias);
    else replaced.push('--ar', alias.ar, '--mlm', alias.mlm);
  }
  return { words: replaced, named };
}
