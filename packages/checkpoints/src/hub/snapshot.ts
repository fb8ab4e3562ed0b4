// What a snapshot in the cache holds, and whether it is a whole model: other tools fetch single files.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { DataError } from '@maria/core';
import { torchFile } from '../weights/checkpoint.js';
import { readJsonObject } from '../weights/json-file.js';
import { sizeOf } from './cache-layout.js';
import { isZip } from './is-zip.js';
import { configFile, haveTokenizer, shardsOf, singleFile } from './needed-files.js';

export interface SnapshotFile {
  /** Path below the snapshot, with "/". */
  readonly name: string;
  readonly size: number;
  /** The file that holds the contents. */
  readonly blob: string;
}

/** All files below the folder in the order of their names. Links whose blob is gone are left out. */
export function filesOfSnapshot(folder: string): SnapshotFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files: SnapshotFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const size = sizeOf(path);
    if (entry.isDirectory() || size === undefined) continue;
    files.push({ name: relative(folder, path).split(sep).join('/'), size, blob: realpathSync(path) });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is missing for opening the model, as words for a message; undefined if nothing is. */
export function missingFrom(folder: string): string | undefined {
  if (!existsSync(folder)) return 'its files';
  if (!existsSync(join(folder, configFile))) return configFile;
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name)));
  if (names.includes(singleFile)) return undefined;
  for (const index of names.filter((name) => name.endsWith('.safetensors.index.json'))) {
    const shard = missingShard(folder, index);
    if (shard) return shard;
  }
  if (names.some((name) => name.endsWith('.safetensors'))) return undefined;
  // Other tools bring it where the repository has .safetensors too: those are brought where it is in a format that is not read.
  const isReadable = names.includes(torchFile) && isZip(join(folder, torchFile));
  return isReadable ? undefined : 'the .safetensors weights';
}

/** The same of its tokenizer alone. */
export function tokenizerMissingFrom(folder: string): string | undefined {
  if (!existsSync(folder)) return 'its files';
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name)));
  if (!names.includes(configFile)) return configFile;
  return haveTokenizer(names) ? undefined : 'its tokenizer';
}

function missingShard(folder: string, index: string): string | undefined {
  try {
    const shards = shardsOf(folder, index, readJsonObject(join(folder, index)));
    return shards.find((shard) => !existsSync(join(folder, shard)));
  } catch (error) {
    if (error instanceof DataError) return `a usable ${index}`;
    throw error;
  }
}
