// Changes one key of a file of settings; the rest of the file stays.
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isJsonObject } from '@maria/core/json';
import { openSink } from '../output.js';
import { refuseValue } from './refuse-value.js';
import { generalCommands, objectIn, readLayer, refuseUnknownCommands } from './settings.js';
import type { CommandFlags } from './with-settings.js';

type Fields = Record<string, unknown>;

/**
 * @param key FLAG, COMMAND.FLAG or aliases.NAME
 * @param value JSON, or a string as it is; undefined removes the key
 * @param commands by their words
 * @throws UsageError `bad-config` where the file or the key is unfit, `bad-setting` where the value is; the file is as it was then
 */
export async function changeSetting(
  path: string,
  key: string,
  value: string | undefined,
  commands: ReadonlyMap<string, CommandFlags>,
): Promise<void> {
  const file: Fields = { ...objectIn(path) };
  const dot = key.lastIndexOf('.');
  const section = dot < 0 ? undefined : key.slice(0, dot);
  const name = key.slice(dot + 1);
  const held = section === undefined ? file : sectionIn(file, section);
  if (value === undefined) delete held[name];
  else {
    const setting = settingOf(name, value);
    if (section !== 'aliases') refuseValue(key, name, setting, flagOf(section, name, commands));
    held[name] = setting;
  }
  if (section !== undefined) {
    if (Object.keys(held).length === 0) delete file[section];
    else file[section] = held;
  }
  refuseUnknownCommands(readLayer(path, file), commands);
  const target = resolve(path);
  await mkdir(dirname(target), { recursive: true });
  const sink = await openSink(target);
  try {
    await sink.write(`${JSON.stringify(file, undefined, 2)}\n`);
    await sink.close();
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

/** Of a general setting, that of a command which has it. */
function flagOf(
  section: string | undefined,
  name: string,
  commands: ReadonlyMap<string, CommandFlags>,
): CommandFlags[string] | undefined {
  return (section === undefined ? generalCommands : [section])
    .map((command) => commands.get(command)?.[name])
    .find((flag) => flag !== undefined);
}

function sectionIn(file: Fields, section: string): Fields {
  const held = file[section];
  return isJsonObject(held) ? { ...held } : {};
}

/** Numbers, true and false are meant as such; what names a model is a string. */
function settingOf(name: string, value: string): string | number | boolean {
  if (['model', 'ar', 'mlm', 'denoiser'].includes(name)) return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
}
