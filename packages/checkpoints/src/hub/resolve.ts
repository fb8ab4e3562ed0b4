// Turns what the user calls a model, a folder or an id of the Hub, into a folder. The cache comes before the network.
import { resolve } from 'node:path';
import { DataError, UsageError } from '@maria/core';
import { quote } from '../weights/quote.js';
import { repositoryFolders } from './cache-layout.js';
import { hubSettings } from './hub-settings.js';
import { isFolder, orNoSuchFolder, refuseFile } from './no-such-folder.js';
import { cachedSnapshot, type PullOptions, pullModel } from './pull.js';
import { isRepositoryId, parseRepository } from './repository-id.js';

/**
 * The folder of a model: `text` itself where it is a folder, else the snapshot of `ID[@REVISION]` in the cache. No request is
 * made for a revision that is in the cache, even if a branch has moved since (`pullModel` updates it); others are pulled.
 * @throws DataError `missing-model` if it is neither a folder nor an id, or rather the name of a folder than an id that is there
 * @throws UsageError for a bad revision, or for a revision of a folder
 * @throws NetworkError, MariaError as `pullModel` does
 */
export async function resolveModel(text: string, options: PullOptions = {}): Promise<string> {
  if (isFolder(text)) {
    if (options.revision !== undefined)
      throw new UsageError(
        'revision-of-folder',
        `Cannot take revision ${quote(options.revision)} of ${text}: it is a folder.`,
      );
    return resolve(text);
  }
  refuseFile(text);
  if (!isRepositoryId(text.split('@')[0]!))
    throw new DataError('missing-model', `Cannot find the model ${quote(text)}: there is no such folder.`, {
      try: 'Give a folder with config.json and model.safetensors, or an id like allenai/OLMo-1B-0724-hf.',
      facts: { model: text },
    });
  const repository = parseRepository(text, options.revision);
  const settings = hubSettings(options);
  const here = cachedSnapshot(repositoryFolders(settings.cacheFolder, repository.id), repository, options);
  if (here.folder !== undefined) return here.folder;
  // Once something arrives, it is an id; and folders have no revisions.
  let arrives = false;
  const onProgress: PullOptions['onProgress'] = (progress) => {
    arrives = true;
    options.onProgress?.(progress);
  };
  try {
    return (await pullModel(text, { ...options, onProgress })).folder;
  } catch (error) {
    throw arrives || options.revision !== undefined ? error : orNoSuchFolder(error, text);
  }
}
