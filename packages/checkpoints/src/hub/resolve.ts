// Turns what the user calls a model, a folder or an id of the Hub, into a folder. The cache comes before the network.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataError, NetworkError, UsageError } from '@maria/core';
import { quote } from '../weights/quote.js';
import { repositoryFolders } from './cache-layout.js';
import { hubSettings } from './hub-settings.js';
import { cachedSnapshot, type PullOptions, pullModel } from './pull.js';
import { isRepositoryId, parseRepository } from './repository-id.js';

/**
 * The folder of a model: `text` itself where it is a folder, else the snapshot of `ID[@REVISION]` in the cache. No request is
 * made for a revision that is in the cache, even if a branch has moved since (`pullModel` updates it); others are pulled.
 * @throws DataError if it is neither a folder nor an id
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
  if (!isRepositoryId(text.split('@')[0]!))
    throw new DataError('missing-model', `Cannot find the model ${quote(text)}: there is no such folder.`, {
      try: 'Give a folder with config.json and model.safetensors, or an id like allenai/OLMo-1B-0724-hf.',
    });
  const repository = parseRepository(text, options.revision);
  const settings = hubSettings(options);
  const here = cachedSnapshot(repositoryFolders(settings.cacheFolder, repository.id), repository, options);
  if (here.folder !== undefined) return here.folder;
  try {
    return (await pullModel(text, options)).folder;
  } catch (error) {
    // To those without a token, the Hub says the same of a repository that is private and of one that does not exist.
    if (error instanceof NetworkError && ['not-found', 'access-denied'].includes(error.code))
      throw orFolder(error, text);
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** An id that does not exist may well be a misspelt path. */
function orFolder({ code, message, try: hint, facts, cause }: NetworkError, text: string): NetworkError {
  const options = { cause, facts, ...(hint !== undefined && { try: hint }) };
  return new NetworkError(code, `${message} Nor is there a folder ${quote(text)}.`, options);
}
