// What is set outside the command line: by the environment, a project's file and the user's own.
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '@maria/core/errors';
import { isJsonObject, parseJson } from '@maria/core/json';
import { closestTo } from '../closest.js';

export type Setting = string | number | boolean;
/** By the names of flags. */
export type Settings = Readonly<Record<string, Setting>>;
/** What a name stands for: a model, or a pair. */
export type Alias = string | { readonly ar: string; readonly mlm: string };

/** Settings of one origin. */
export interface Layer {
  /** For people: a path, or "environment". */
  readonly origin: string;
  /** For the commands of `generalCommands`. */
  readonly general: Settings;
  /** For one command each, by its words: "infill", "bench throughput". */
  readonly commands: Readonly<Record<string, Settings>>;
  readonly aliases: Readonly<Record<string, Alias>>;
  /** Whether models that it names may be downloaded. */
  readonly downloads: boolean;
}

/** Which models, how they are held and what runs them. */
export const modelSettings = [
  'model',
  'ar',
  'mlm',
  'backend',
  'device',
  'dtype',
  'gpu-memory',
  'tf32',
  'threads',
  'quantize',
  'context',
  'kv-cache',
  'ar-prefix',
  'mlm-template',
] as const;

/** Those that say which models. */
export const whichModels: readonly string[] = ['model', 'ar', 'mlm', 'denoiser'];

/** For more than one command. */
export const generalSettings = [...modelSettings, 'quiet'] as const;

/** The commands that general settings are for, but for `quiet`. */
export const generalCommands = ['infill', 'score', 'anneal', 'tui'] as const;

/** What may be set for one command: nothing that names a file to read or write, or that lets code run. */
export const commandSettings: readonly string[] = [
  ...generalSettings,
  'alternatives',
  'batch',
  'block-length',
  'color',
  'denoiser',
  'fail-on',
  'guidance',
  'line-breaks',
  'sampler',
  'samples',
  'seed',
  'special-tokens',
  'speculate',
  'stats',
  'steps',
  'system',
  'temperature',
  'top-k',
  'top-p',
  'underscores',
  'window',
];

export const projectFile = '.maria.json';

const mostBytes = 2 ** 16;

export interface Place {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly home?: string;
}

/** The user's file: $MARIA_CONFIG, else config.json in the user's configuration folder. Undefined where MARIA_CONFIG is empty: nothing is read. */
export function userFile({ env = process.env, home = homedir() }: Place = {}): string | undefined {
  if (env.MARIA_CONFIG !== undefined) return env.MARIA_CONFIG === '' ? undefined : resolve(env.MARIA_CONFIG);
  return join(env.XDG_CONFIG_HOME || join(home, '.config'), 'maria', 'config.json');
}

/** The nearest file of a project: in the folder, or above it and below the user's own. */
function nearestProjectFile({ cwd = process.cwd(), home = homedir() }: Place): string | undefined {
  for (let folder = cwd; folder !== dirname(folder) && folder !== home; folder = dirname(folder)) {
    const path = join(folder, projectFile);
    const stat = statSync(path, { throwIfNoEntry: false });
    // What another user put there decides nothing here.
    if (stat?.isFile() && [stat, lstatSync(path)].every(({ uid }) => uid === (process.getuid?.() ?? uid)))
      return path;
  }
  return undefined;
}

/** The layers that there are, those that win first. @throws UsageError `bad-config` with the file and the name in it */
export function readLayers(place: Place = {}): Layer[] {
  const user = userFile(place);
  if (user === undefined) return [];
  const project = nearestProjectFile(place);
  return [
    environmentLayer(place.env ?? process.env),
    ...(project ? [{ ...readLayer(project), downloads: false }] : []),
    readLayer(user),
  ];
}

export function environmentName(setting: string): string {
  return `MARIA_${setting.toUpperCase().replaceAll('-', '_')}`;
}

function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  const given = generalSettings.map((name) => [name, env[environmentName(name)]] as const);
  const general = Object.fromEntries(
    given.filter((entry): entry is [(typeof entry)[0], string] => Boolean(entry[1])),
  );
  return { origin: 'environment', general, commands: {}, aliases: {}, downloads: true };
}

/**
 * What the file sets; nothing where there is none.
 * @throws UsageError `bad-config`
 */
export function readLayer(path: string, file = objectIn(path)): Layer {
  const general: Record<string, Setting> = {};
  const commands: Record<string, Settings> = {};
  let aliases: Layer['aliases'] = {};
  for (const [name, value] of Object.entries(file)) {
    if (name === 'aliases') aliases = aliasesOf(path, value);
    else if (isOf(generalSettings, name)) general[name] = settingOf(path, name, value);
    else if (isJsonObject(value)) commands[name] = sectionOf(path, name, value);
    else throw unknownSetting(path, name, [...generalSettings, 'aliases', ...generalCommands]);
  }
  return { origin: path, general, commands, aliases, downloads: true };
}

/** @throws UsageError `bad-config` for a section that is of no command */
export function refuseUnknownCommands(
  { origin, commands }: Layer,
  known: ReadonlyMap<string, unknown>,
): void {
  for (const name of Object.keys(commands))
    if (!known.has(name)) throw unknownSetting(origin, name, [...known.keys(), 'aliases']);
}

/** Whether a word of the environment, or of a file, says yes. */
export function isTrue(word: string): boolean {
  return /^(?:1|on|true|yes)$/i.test(word);
}

export function isFalse(word: string): boolean {
  return /^(?:0|off|false|no)$/i.test(word);
}

export function setsAnything(layer: Layer): boolean {
  return keysOf(layer).length > 0;
}

/** All keys as `maria config` writes them. */
export function keysOf({
  origin,
  general,
  commands,
  aliases,
}: Layer): { key: string; value: Setting | Alias; origin: string }[] {
  const sections = [...Object.entries(commands), ['aliases', aliases] as const];
  return [
    ...Object.entries(general).map(([key, value]) => ({ key, value, origin })),
    ...sections.flatMap(([section, fields]) =>
      Object.entries(fields).map(([name, value]) => ({ key: `${section}.${name}`, value, origin })),
    ),
  ];
}

/** The object in a file of settings. @throws UsageError `bad-config` */
export function objectIn(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes)
      throw bad(path, `it is larger than ${mostBytes} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw error instanceof UsageError ? error : bad(path, message, error);
  }
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw bad(path, `it is not JSON (${(error as Error).message})`, error);
  }
  if (!isJsonObject(value)) throw bad(path, 'it is not a JSON object');
  return value;
}

function sectionOf(path: string, command: string, section: Readonly<Record<string, unknown>>): Settings {
  const entries = Object.entries(section).map(([name, value]) => {
    if (!commandSettings.includes(name)) throw unknownSetting(path, `${command}.${name}`, commandSettings);
    return [name, settingOf(path, `${command}.${name}`, value)];
  });
  return Object.fromEntries(entries);
}

function settingOf(path: string, name: string, value: unknown): Setting {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return whichModels.includes(lastOf(name)) ? placed(path, value) : value;
  throw bad(path, `"${name}" is neither a string, a number, true nor false`);
}

function aliasesOf(path: string, value: unknown): Layer['aliases'] {
  if (!isJsonObject(value)) throw bad(path, '"aliases" is not an object');
  const entries = Object.entries(value).map(([name, alias]): [string, Alias] => {
    if (typeof alias === 'string') return [name, placed(path, alias)];
    if (isJsonObject(alias) && typeof alias.ar === 'string' && typeof alias.mlm === 'string')
      return [name, { ar: placed(path, alias.ar), mlm: placed(path, alias.mlm) }];
    throw bad(path, `the alias "${name}" is neither a model nor {"ar", "mlm"}`);
  });
  return Object.fromEntries(entries);
}

/** A path that begins with a dot is meant from the file on; names, ids and whole paths stay. */
function placed(path: string, model: string): string {
  if (/^~[\\/]/.test(model)) return join(homedir(), model.slice(1));
  return beginsWithDot(model) ? resolve(dirname(path), model) : model;
}

/** A path from a folder on: `.`, `..`, or one that begins with them. */
export function beginsWithDot(path: string): boolean {
  return /^\.\.?(?:[\\/]|$)/.test(path);
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function isOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

function unknownSetting(path: string, name: string, known: readonly string[]): UsageError {
  return bad(path, `nothing is called "${name}" there${meantBy(lastOf(name), known)}`);
}

/** What a message may add to a name that is not known. */
export function meantBy(name: string, known: readonly string[]): string {
  const meant = closestTo(name, known);
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`;
}

function bad(path: string, fact: string, cause?: unknown): UsageError {
  return new UsageError('bad-config', `Cannot read the settings in ${path}: ${fact}.`, {
    try: 'maria config --help',
    cause,
  });
}
