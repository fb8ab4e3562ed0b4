// Changes one key of a file of settings; the rest of the file stays.
import { dirname, relative, resolve } from 'node:path';
import { makeFolder } from '@maria/checkpoints/make-folder';
import { UsageError } from '@maria/core/errors';
import { isJsonObject } from '@maria/core/json';
import { openSink, writeError } from '../output.js';
import { type ReadFlag, refuseValue } from './refuse-value.js';
import {
  beginsWithDot,
  commandSettings,
  generalCommands,
  generalSettings,
  meantBy,
  objectIn,
  readLayer,
  refuseUnknownCommands,
  whichModels,
} from './settings.js';
import type { CommandFlags } from './with-settings.js';

type Fields = Record<string, unknown>;

/** The commands by their words. */
export interface KnownCommands {
  /** Their flags as the manifest has them. */
  readonly flags: ReadonlyMap<string, CommandFlags>;
  /** A flag as the command declares it, with what reads its value. */
  load(command: string, flag: string): Promise<ReadFlag>;
}

/**
 * @param key FLAG, COMMAND.FLAG or aliases.NAME
 * @param value JSON, or a string as it is; undefined removes the key
 * @throws UsageError `bad-config` where the file is unfit, `bad-setting` where the key or the value is; the file is as it was then
 */
export async function changeSetting(
  path: string,
  key: string,
  value: string | undefined,
  commands: KnownCommands,
): Promise<void> {
  const file: Fields = { ...objectIn(path) };
  const dot = key.lastIndexOf('.');
  const section = dot < 0 ? undefined : key.slice(0, dot);
  const name = key.slice(dot + 1);
  if (value !== undefined) refuseKey(key, section, name, commands);
  const held = section === undefined ? file : sectionIn(file, section);
  if (value === undefined) delete held[name];
  else {
    if (value === '')
      throw new UsageError('bad-setting', `Cannot set "${key}": the value is empty.`, {
        try: `maria config --unset ${key}`,
      });
    const isModel = section === 'aliases' || whichModels.includes(name);
    const setting = settingOf(name, isModel ? meantFrom(path, value) : value);
    const command = section === 'aliases' ? undefined : commandWith(section, name, commands);
    if (command !== undefined) await refuseValue(key, name, setting, await commands.load(command, name));
    held[name] = setting;
  }
  if (section !== undefined) {
    if (Object.keys(held).length === 0) delete file[section];
    else file[section] = held;
  }
  refuseUnknownCommands(readLayer(path, file), commands.flags);
  const target = resolve(path);
  makeFolderOf(target);
  const sink = await openSink(target, advice);
  try {
    await sink.write(`${JSON.stringify(file, undefined, 2)}\n`);
    await sink.close();
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

const advice = 'Check who may write to it and to its folder.';

function makeFolderOf(file: string): void {
  try {
    makeFolder(dirname(file));
  } catch (error) {
    throw writeError(file, error, advice);
  }
}

function refuseKey(key: string, section: string | undefined, name: string, { flags }: KnownCommands): void {
  const refusal = (fact: string, hint = 'maria config --help') =>
    new UsageError('bad-setting', `Cannot set "${key}": ${fact}.`, { try: hint });
  if (section === undefined) {
    if (flags.has(name) || name === 'aliases')
      throw refusal(`it is a section, and what is in it may be set, as ${name}.NAME`);
    if (!(generalSettings as readonly string[]).includes(name))
      throw refusal(`nothing is called so${meantBy(name, generalSettings)}`);
  } else if (section === 'aliases') {
    // This one is no key of its own in any object.
    if (name === '' || name === '__proto__') throw refusal('that is no name');
  } else if (!flags.has(section))
    throw refusal(`no command is called "${section}"${meantBy(section, [...flags.keys()])}`);
  else if (!commandSettings.includes(name))
    throw refusal(`nothing that may be set is called "${name}"${meantBy(name, commandSettings)}`);
  else if (!Object.hasOwn(flags.get(section)!, name))
    throw refusal(`${section} has no --${name}`, `maria ${section} --help`);
}

/** That of the section; of a general setting, one which has the flag. */
function commandWith(
  section: string | undefined,
  name: string,
  { flags }: KnownCommands,
): string | undefined {
  const commands = section === undefined ? generalCommands : [section];
  return commands.find((command) => Object.hasOwn(flags.get(command) ?? {}, name));
}

function sectionIn(file: Fields, section: string): Fields {
  const held = file[section];
  return isJsonObject(held) ? { ...held } : {};
}

/** A path that begins with a dot is typed from the working folder, and is read from the file on: in a file elsewhere it is kept whole. */
function meantFrom(path: string, value: string): string {
  const isHere = relative(process.cwd(), dirname(resolve(path))) === '';
  return isHere || !beginsWithDot(value) ? value : resolve(value);
}

/** Numbers, true and false are meant as such; what names a model is a string. */
function settingOf(name: string, value: string): string | number | boolean {
  if (whichModels.includes(name)) return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
}
