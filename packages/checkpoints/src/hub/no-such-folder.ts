// What becomes of the Hub's errors where a name may be that of a folder that does not exist: a word, or a path below a folder that does.
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataError, type MariaError, NetworkError } from '@maria/core';
import { quote } from '../weights/quote.js';

/** How the Hub comes in, by the code of its error. To those without a token it says the same of what is private and of what does not exist. */
const hubs: Readonly<Record<string, string>> = {
  'not-found': '; the Hub says',
  'access-denied': '; the Hub says',
  unreachable: ', and the Hub cannot be asked',
  offline: ', and without the network',
};

/**
 * @param error of a request for `text`, of which nothing has arrived
 * @returns DataError `missing-model` where `text` is rather a folder than an id; else the same error, which tells of the folder too
 */
export function orNoSuchFolder(error: unknown, text: string): unknown {
  if (!(error instanceof NetworkError) || hubs[error.code] === undefined) return error;
  const { code, message, try: hint, facts } = error;
  const exists = facts.terms !== undefined;
  if (!exists && isRatherFolder(text))
    return new DataError(
      'missing-model',
      `Cannot find the model ${quote(text)}: there is no such folder${hubs[code]}: ${factOf(error)}.`,
      {
        try: 'Give a folder, or an id of the Hub, OWNER/NAME.',
        facts: { model: text, offline: code === 'offline' },
        cause: error,
      },
    );
  if (code === 'offline' || (code === 'unreachable' && text.includes('@'))) return error;
  const options = { cause: error.cause, facts, ...(hint !== undefined && { try: hint }) };
  return new NetworkError(code, `${message} Nor is there a folder ${quote(text)}.`, options);
}

/** Ids of new repositories have an owner, so a word alone is hardly one; nor is a name below a folder that is here. */
function isRatherFolder(text: string): boolean {
  return !text.includes('@') && (!text.includes('/') || isFolder(dirname(text)));
}

/** What is here is no id. @throws DataError where `text`, which is no folder, is a file */
export function refuseFile(text: string): void {
  if (existsSync(text))
    throw new DataError('missing-model', `Cannot find the model ${quote(text)}: it is not a folder.`, {
      try: 'Give a folder with config.json and model.safetensors.',
    });
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Without "Cannot pull gpt2: " and the full stop. */
function factOf({ message }: MariaError): string {
  return message.replace(/^Cannot [^:]*: /, '').replace(/\.$/, '');
}
