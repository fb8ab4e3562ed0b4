// Which model was meant by a name that is none: a folder beside it, or a published pair.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { knownPairs } from '@maria/checkpoints/known-pairs';
import type { Facts } from '@maria/core/errors';
import { closestTo } from './closest.js';

const pairs = knownPairs.map(({ name }) => name);
const asPair = (name: string) => `${name}, if that pair is meant; maria models pairs lists all.`;

/** A word that is no id of the Hub may well be the name of a pair, or a misspelt one. */
export function meantPair({ model }: Facts): string | undefined {
  const word = String(model);
  if (pairs.includes(word)) return `--model ${word}: it is the name of a pair, and stands for two models.`;
  const meant = word.includes('/') ? undefined : closestTo(word, pairs);
  return meant && asPair(meant);
}

/** Where no folder has the name, and no model of the Hub. @param offline whether the Hub was not asked, as the user wants it */
export function meantModel({ model, offline }: Facts): string | undefined {
  if (model === undefined) return undefined;
  const path = String(model).replace(/[\\/]+$/, '');
  const name = basename(path);
  const place = path.slice(0, path.length - name.length);
  const isWord = place === '';
  if (isWord && pairs.includes(name)) return meantPair({ model: name });
  const folders = modelsIn(place || '.');
  const meant = closestTo(name, [...folders, ...(isWord ? pairs : [])]);
  if (meant !== undefined)
    return folders.includes(meant) ? `${place}${meant}, if that folder is meant.` : asPair(meant);
  if (!isWord) return undefined;
  return offline
    ? 'Give a folder, or to --model the name of a published pair (maria models pairs). If it is an id of the Hub, unset HF_HUB_OFFLINE.'
    : 'Give a folder, an id of the Hub (OWNER/NAME), or to --model the name of a published pair (maria models pairs).';
}

/** The folders that may be models. */
function modelsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json')));
  } catch {
    return [];
  }
}
