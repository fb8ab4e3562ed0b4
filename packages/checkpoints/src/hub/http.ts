// Requests to the Hub: redirects that never take the token to another host, and retries.
import { setTimeout as delay } from 'node:timers/promises';
import { NetworkError } from '@maria/core';
import { type Answer, type Connection, type ExchangeRequest, exchange } from './exchange.js';
import { badResponse, interruption, statusError, TemporaryError } from './hub-errors.js';
import type { HubSettings } from './hub-settings.js';
import { fetchThrough } from './proxies.js';

/** When to give up, and how long to wait before that. */
export interface Patience {
  /** Tries in a row that bring nothing before it is an error. @default 5 */
  readonly tries: number;
  /** Wait after the first failure; each one doubles it. @default 500 */
  readonly firstDelayMs: number;
  /** @default 8000 */
  readonly longestDelayMs: number;
  /** A server that asks for a longer wait is an error at once. @default 60000 */
  readonly longestRetryAfterMs: number;
  /** Silence after which a connection counts as dropped. @default 60000 */
  readonly silenceMs: number;
  /** Silence after which the user hears what is waited for. @default 5000 */
  readonly notableMs: number;
  /** Time over which a connection's speed is taken. @default 60000 */
  readonly speedMs: number;
  /** Waits, and ends early when the signal aborts. @default a timer */
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const defaultPatience: Patience = {
  tries: 5,
  firstDelayMs: 500,
  longestDelayMs: 8_000,
  longestRetryAfterMs: 60_000,
  silenceMs: 60_000,
  notableMs: 5_000,
  speedMs: 60_000,
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal && { signal }).catch(() => {}),
};

const mostRedirects = 10;
/** A shorter wait for the next try is not told. */
const notableWaitMs = 1_000;

export interface HubRequest extends ExchangeRequest {
  /** Id of the repository, for messages. */
  readonly id: string;
  /** A redirect that is an answer in itself. */
  readonly isAnswer?: (redirect: Headers) => boolean;
}

export interface HubReply extends Answer {
  /** Headers of the redirects before, first one first. */
  readonly redirects: readonly Headers[];
}

export interface HubClient {
  readonly endpoint: URL;
  /** One try. @throws TemporaryError, NetworkError, InterruptedError */
  send(request: HubRequest): Promise<HubReply>;
  /** Runs `work` until it succeeds, fails for good, or the tries are used up. @throws NetworkError, InterruptedError */
  patiently<T>(request: Pick<HubRequest, 'what' | 'signal'>, work: () => Promise<T>): Promise<T>;
}

export interface HubClientOptions {
  readonly patience?: Patience | undefined;
  /** Hears what has to be waited for: a server that is silent, the next try. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** @throws UsageError for a token or a proxy that makes no sense */
export function createHubClient(
  settings: HubSettings,
  { patience = defaultPatience, onNote }: HubClientOptions = {},
): HubClient {
  const { endpoint, minSpeed } = settings;
  const token = settings.token();
  const proxies = settings.proxies();
  const silent = new Set<string>();
  const connection: Connection = {
    fetch: fetchThrough(proxies),
    proxyFor: ({ protocol }) => (protocol === 'https:' ? proxies.https : proxies.http)?.host,
    silenceMs: patience.silenceMs,
    notableMs: patience.notableMs,
    onSilence: (host) => {
      if (!silent.has(host))
        onNote?.(`Waiting for ${host}, which has sent nothing for ${patience.notableMs / 1000} s.`);
      silent.add(host);
    },
    minSpeed,
    speedMs: patience.speedMs,
    now: () => performance.now(),
  };
  // A host that never answered is no passing fault: the user should hear of it now.
  let answered = false;

  const send = async (request: HubRequest): Promise<HubReply> => {
    const redirects: Headers[] = [];
    let url = request.url;
    for (;;) {
      const authorization =
        token !== undefined && url.origin === endpoint.origin ? { authorization: `Bearer ${token}` } : {};
      const reply = await exchange(
        { ...request, url, headers: { ...request.headers, ...authorization } },
        connection,
      );
      answered = true;
      const { status, headers } = reply;
      const target = isRedirect(status) ? redirectTarget(request, url, headers) : undefined;
      if (target === undefined || request.isAnswer?.(headers)) {
        if (status < 400) return { ...reply, redirects };
        await reply.discard();
        const { what, id } = request;
        throw statusError({ what, id, status, headers, url, endpoint, hasToken: token !== undefined });
      }
      await reply.discard();
      redirects.push(headers);
      if (redirects.length > mostRedirects)
        throw new NetworkError(
          'redirect-loop',
          `Cannot ${request.what}: ${url.host} redirects more than ${mostRedirects} times.`,
        );
      url = target;
    }
  };

  const patiently: HubClient['patiently'] = async ({ what, signal }, work) => {
    for (let failures = 0; ; ) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TemporaryError)) throw error;
        failures = error.progressed ? 1 : failures + 1;
        const { reason, retryAfter, absent } = error;
        if (
          (absent && !answered) ||
          failures >= patience.tries ||
          (retryAfter ?? 0) > patience.longestRetryAfterMs
        )
          throw reason;
        const backoff = Math.min(patience.firstDelayMs * 2 ** (failures - 1), patience.longestDelayMs);
        const wait = Math.max(retryAfter ?? 0, backoff);
        if (wait >= notableWaitMs) {
          const fact = reason.message.replace(`Cannot ${what}: `, '');
          onNote?.(
            `${fact} Waiting ${Math.ceil(wait / 1000)} s for try ${failures + 1} of ${patience.tries}.`,
          );
        }
        await patience.sleep(wait, signal);
        if (signal?.aborted) throw interruption(signal);
      }
    }
  };

  return { endpoint, send, patiently };
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function redirectTarget({ what }: HubRequest, from: URL, headers: Headers): URL {
  const location = headers.get('location') ?? '';
  if (!location || !URL.canParse(location, from.href))
    throw badResponse(what, `${from.host} redirects to no valid address`);
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw badResponse(what, `${from.host} redirects to an address that is not of the web`);
  return target;
}
