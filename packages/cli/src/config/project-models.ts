// What a project's file may not do: have a model downloaded that its user never named. The folder may be a stranger's.
import { MariaError, NetworkError } from '@maria/core/errors';
import { isTrue } from './settings.js';

/** From here on no model is downloaded; those in the cache are found. Returns what an error becomes that comes of it. */
export function forbidDownloads(projectFile: string): (error: unknown) => unknown {
  // Who works offline anyway is told so.
  if (isTrue(process.env.HF_HUB_OFFLINE ?? '')) return (error) => error;
  process.env.HF_HUB_OFFLINE = '1';
  return (error) => {
    if (!(error instanceof MariaError) || !(error.code === 'offline' || error.facts.offline)) return error;
    const model = String(error.facts.model);
    return new NetworkError(
      'project-download',
      `Cannot use ${model}: it is neither a folder nor in the cache, and what ${projectFile} names is not downloaded unasked.`,
      { try: `maria models pull ${model}, if you trust it.`, cause: error },
    );
  };
}
