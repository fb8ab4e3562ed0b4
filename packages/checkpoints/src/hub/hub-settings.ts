// Where the Hub, its cache and the user's token are: the environment variables that Python's tools read, too.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '@maria/core';
import { unreadable } from '../weights/file-errors.js';
import { quote } from '../weights/quote.js';
import { type Proxies, proxiesOf } from './proxies.js';

export interface HubOptions {
  /** Folder of the cache. @default $HF_HUB_CACHE, else $HF_HOME/hub, else ~/.cache/huggingface/hub */
  cacheFolder?: string;
  /** Address of the Hub or of a mirror. @default $HF_ENDPOINT, else https://huggingface.co */
  endpoint?: string;
  /** Access token. @default $HF_TOKEN, else the file that `hf auth login` writes, $HF_HOME/token */
  token?: string;
  /** Make no request. @default whether $HF_HUB_OFFLINE is 1, on, yes or true */
  offline?: boolean;
  /** Bytes a second over a minute, below which a server is given up; 0 for none. @default $MARIA_MIN_SPEED, else 1024 */
  minSpeed?: number;
  /** Environment variables. @default process.env */
  env?: Readonly<Record<string, string | undefined>>;
}

export interface HubSettings {
  readonly cacheFolder: string;
  readonly endpoint: URL;
  readonly offline: boolean;
  readonly minSpeed: number;
  /** A function, so that printing the settings shows no token. @throws UsageError, DataError */
  token(): string | undefined;
  /** A function for the same reason. @throws UsageError */
  proxies(): Proxies;
}

const defaultMinSpeed = 1024;
const publicEndpoint = 'https://huggingface.co';

/** @throws UsageError if the address of the Hub or the lowest speed makes no sense */
export function hubSettings(options: HubOptions = {}): HubSettings {
  const env = options.env ?? process.env;
  const home = expandHome(env.HF_HOME || join(env.XDG_CACHE_HOME || '~/.cache', 'huggingface'));
  return {
    cacheFolder: expandHome(
      options.cacheFolder ?? (env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, 'hub')),
    ),
    endpoint: endpointUrl(options.endpoint ?? (env.HF_ENDPOINT || publicEndpoint)),
    offline: options.offline ?? isTrue(env.HF_HUB_OFFLINE),
    minSpeed: options.minSpeed ?? minSpeedIn(env.MARIA_MIN_SPEED),
    proxies: () => proxiesOf(env),
    token: () => checkedToken(options.token ?? (env.HF_TOKEN || tokenFile(env.HF_TOKEN_PATH, home))),
  };
}

function expandHome(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path);
}

function minSpeedIn(text: string | undefined): number {
  if (!text) return defaultMinSpeed;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new UsageError(
    'bad-min-speed',
    `Cannot use ${quote(text)} as the lowest speed of a download (MARIA_MIN_SPEED): it is no whole number.`,
    { try: `Set it to bytes a second, such as ${defaultMinSpeed}, or to 0 for any speed.` },
  );
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'on', 'yes', 'true'].includes(value?.toLowerCase() ?? '');
}

/** Messages about a bad address leave it out, for it may hold a password. */
function endpointUrl(text: string): URL {
  const bad = (fact: string) =>
    new UsageError('bad-endpoint', `Cannot reach the Hub: its address (HF_ENDPOINT) ${fact}.`, {
      try: `Set HF_ENDPOINT to an address like ${publicEndpoint}.`,
    });
  if (!URL.canParse(text)) throw bad('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw bad('does not start with https:// or http://');
  if (url.username || url.password) throw bad('holds a user name or a password, which it may not');
  url.search = url.hash = '';
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

function tokenFile(path: string | undefined, home: string): string | undefined {
  const file = path ? expandHome(path) : join(home, 'token');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unreadable(file, error);
  }
}

/** A header with a line break is refused by fetch in a message that shows the header: it must not get that far. */
function checkedToken(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (!token) return undefined;
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(
      'bad-token',
      'Cannot use the access token of the Hub: it holds spaces, line breaks or characters outside of ASCII.',
      { try: 'Set HF_TOKEN to the token alone; tokens start with hf_.' },
    );
  return token;
}
