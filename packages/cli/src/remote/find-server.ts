// The running server that a command uses, if it has the very model that the command would load.
import { DataError, UsageError } from '@maria/core/errors';
import type { LoadedModel } from '../model-command.js';
import { isListened } from './is-listened.js';
import { RemoteServer, remoteEngine } from './remote-engine.js';
import { requireOwnFolder, runtimeFolder, socketOf, socketsIn } from './runtime-folder.js';

export interface Wanted {
  readonly identity: string;
  readonly version: string;
}

/**
 * @param server a URL, or "auto" for one of the same user on this machine
 * @returns nothing where "auto" finds none; `tell` is told why
 * @throws DataError for a server with another model or of another version, where a URL was given
 */
export async function findServer(
  server: string,
  { identity, version }: Wanted,
  tell: (line: string) => void,
): Promise<LoadedModel | undefined> {
  const started = performance.now();
  const open = async (remote: RemoteServer) => {
    const told = await remote.told();
    if (told.version !== version || told.identity !== identity) {
      const other =
        told.version === version ? 'another model, or the same in another way' : `version ${told.version}`;
      throw new DataError('server-other', `Cannot use the server: it has ${other} (${told.model}).`, {
        try: 'Give its flags of the model, or leave out --server.',
      });
    }
    return { ...remoteEngine(remote, told), loadMs: performance.now() - started };
  };
  if (server !== 'auto') {
    const remote = new RemoteServer({ url: urlOf(server) }, process.env.MARIA_API_KEY);
    try {
      return await open(remote);
    } catch (error) {
      remote.close();
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ECONNREFUSED' && code !== 'ENOTFOUND' && code !== 'ECONNRESET') throw error;
      throw new DataError('server-missing', `Cannot use the server: nobody answers on ${server}.`, {
        try: 'Start one: maria serve. Or --server auto, which does without.',
        cause: error,
      });
    }
  }
  const folder = runtimeFolder();
  try {
    await requireOwnFolder(folder);
    return await open(new RemoteServer({ socketPath: socketOf(folder, identity) }, undefined));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'ENOTDIR') throw error;
  }
  const others = await Promise.all((await socketsIn(folder)).map(isListened));
  tell(
    others.includes(true)
      ? 'The server that runs has another model, or is of another version: the model is loaded here.'
      : 'No server runs: the model is loaded here.',
  );
  return undefined;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:') return url;
  throw new UsageError('bad-server', `Cannot use the server ${JSON.stringify(text)}: it is no address.`, {
    try: '--server http://127.0.0.1:8080, or --server auto.',
  });
}
