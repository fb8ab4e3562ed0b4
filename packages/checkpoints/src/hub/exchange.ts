// One HTTP request and its answer. A connection that falls silent counts as dropped; one that trickles is given up.
import { interruption, silenceError, speedError, transportError } from './hub-errors.js';
import type { Fetch } from './proxies.js';

export interface ExchangeRequest {
  readonly url: URL;
  /** What it is for, after "Cannot" in messages: "pull gpt2". */
  readonly what: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** @throws TemporaryError when the connection breaks or falls silent */
  body(): AsyncGenerator<Uint8Array, void>;
  /** Closes the connection without reading on. */
  discard(): Promise<void>;
}

/** Bytes of the body as announced; undefined if it is not, or if it comes compressed although nobody asked for that. */
export function bodyLength(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  const isPlain = (headers.get('content-encoding') ?? 'identity') === 'identity';
  return isPlain && length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

export interface Connection {
  readonly fetch: Fetch;
  /** Host of the proxy that requests to this address may go through. */
  proxyFor(url: URL): string | undefined;
  /** Silence after which the connection counts as dropped. */
  readonly silenceMs: number;
  /** Silence after which `onSilence` hears of it. */
  readonly notableMs: number;
  readonly onSilence: (host: string) => void;
  /** Bytes a second; 0 for any. */
  readonly minSpeed: number;
  /** Time of waiting over which the speed is taken. */
  readonly speedMs: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/**
 * Sends one request and gives its answer, whatever its status. Redirects are not followed.
 * @throws TemporaryError, NetworkError `too-slow`, InterruptedError
 */
export async function exchange(request: ExchangeRequest, connection: Connection): Promise<Answer> {
  const { url, what, signal } = request;
  const { silenceMs, notableMs, onSilence, proxyFor } = connection;
  if (signal?.aborted) throw interruption(signal);
  const stop = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const rest = () => {
    for (const timer of timers.splice(0)) clearTimeout(timer);
  };
  const listen = () => {
    rest();
    timers.push(setTimeout(() => stop.abort(), silenceMs));
    timers.push(setTimeout(() => onSilence(url.host), notableMs));
  };
  const interrupt = () => stop.abort();
  const end = () => {
    rest();
    signal?.removeEventListener('abort', interrupt);
  };
  const failure = (error: unknown) => {
    end();
    if (signal?.aborted) return interruption(signal);
    if (stop.signal.aborted) return silenceError(what, url.host, silenceMs);
    return transportError(what, url.host, error, proxyFor(url));
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    listen();
    const response = await connection.fetch(url, {
      method: request.method ?? 'GET',
      // Lengths and ranges are those of the file, so it must come uncompressed.
      headers: { 'user-agent': 'maria', 'accept-encoding': 'identity', ...request.headers },
      redirect: 'manual',
      signal: stop.signal,
    });
    rest();
    return {
      status: response.status,
      headers: response.headers,
      body: () => chunks(response, request, connection, { listen, rest, end, failure }),
      discard: async () => {
        end();
        await response.body?.cancel().catch(() => {});
      },
    };
  } catch (error) {
    throw failure(error);
  }
}

interface Watch {
  listen(): void;
  rest(): void;
  end(): void;
  failure(error: unknown): unknown;
}

/** The timer runs only while we wait for the host, not while the reader of the chunks is busy. */
async function* chunks(
  response: Response,
  { what, url }: ExchangeRequest,
  { now, minSpeed, speedMs }: Connection,
  { listen, rest, end, failure }: Watch,
): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (!reader) return end();
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      listen();
      const start = now();
      const { done, value } = await reader.read().catch((error) => Promise.reject(failure(error)));
      rest();
      if (done) return;
      waited += now() - start;
      bytes += value.length;
      if (waited >= speedMs) {
        const speed = (1000 * bytes) / waited;
        if (speed < minSpeed) throw speedError(what, url.host, { speed, minSpeed, waited });
        waited = bytes = 0;
      }
      yield value;
    }
  } finally {
    end();
    // After the end this does nothing; before it, it closes the connection.
    await reader.cancel().catch(() => {});
  }
}
