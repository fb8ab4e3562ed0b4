// Where a backbone is that a MARIA checkpoint names: the checkpoint may have been moved, with it or without, or to another machine.
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { DataError, MariaError } from '@maria/core';
import { fingerprintOfFolder } from '../torch/open-either-format.js';
import { embeddedFolder } from './embedded-folder.js';
import type { MariaConfig } from './maria-checkpoint.js';
import { type ResolveOptions, resolveFolders } from './resolve-folders.js';

type Role = 'ar' | 'mlm';

/** What a place has in place of the backbone, or the folder. */
type Looked = { readonly folder: string } | { readonly fact: string };

interface Place {
  readonly name: string;
  look(): Looked | Promise<Looked>;
}

/**
 * The first folder that holds the weights that the head was trained on, or any model where the checkpoint does not tell their
 * fingerprint. Only when no folder does, the Hub is asked.
 * @throws DataError that says where it was looked for
 */
export async function locateBackbone(
  folder: string,
  role: Role,
  config: MariaConfig,
  options: ResolveOptions,
): Promise<string> {
  const looked: string[] = [];
  for (const place of placesOf(folder, role, config, options)) {
    const found = await place.look();
    if ('folder' in found) return found.folder;
    looked.push(`${place.name} (${found.fact})`);
  }
  throw new DataError(
    'backbone-missing',
    `Cannot load the MARIA model in ${folder}: its ${role === 'ar' ? 'AR model' : 'MLM'} is not where it was looked for: ${looked.join(', ')}.`,
    {
      try: `Put it at one of these places, or change "path" of "${role}" in ${join(folder, 'config.json')}.`,
    },
  );
}

function placesOf(folder: string, role: Role, config: MariaConfig, options: ResolveOptions): Place[] {
  const { path, absolute_path, id, revision, fingerprint: expected } = config[role];
  const place = (name: string): Place => ({ name, look: () => lookIn(name, expected) });
  const paths = [isAbsolute(path) ? path : resolve(folder, path), absolute_path ?? []].flat();
  return [
    ...[...new Set(paths)].map(place),
    // Which all who have maria have, wherever it is installed. Only the fingerprint can tell that it is meant.
    ...(expected === undefined
      ? []
      : [{ ...place(join(embeddedFolder(), role)), name: 'the embedded pair' }]),
    ...(id === undefined ? [] : [onHub(id, revision, expected, options)]),
  ];
}

function lookIn(folder: string, expected: string | undefined): Looked {
  if (!existsSync(folder)) return { fact: 'there is no such folder' };
  if (expected === undefined) return { folder };
  try {
    if (fingerprintOfFolder(folder) === expected) return { folder };
  } catch (error) {
    if (!(error instanceof MariaError)) throw error;
    return { fact: error.message.replace(/\.$/, '') };
  }
  return { fact: 'it has other weights than the head was trained on' };
}

function onHub(
  id: string,
  revision: string | undefined,
  expected: string | undefined,
  options: ResolveOptions,
): Place {
  const name = revision === undefined ? id : `${id}@${revision}`;
  const look = async (): Promise<Looked> => {
    try {
      const { model = '' } = await resolveFolders({ model: name }, options);
      return lookIn(model, expected);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof MariaError)) throw error;
      return { fact: error.message.replace(/\.$/, '') };
    }
  };
  return { name: `${name} of the Hugging Face Hub`, look };
}
