// One HTTP request and its answer over Node's fetch. A connection that falls silent counts as dropped.
import { interruption, silenceError, transportError } from './hub-errors.js';

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

/**
 * Sends one request and gives its answer, whatever its status. Redirects are not followed.
 * @param silenceMs milliseconds of silence after which the connection counts as dropped
 * @throws TemporaryError, InterruptedError
 */
export async function exchange(request: ExchangeRequest, silenceMs: number): Promise<Answer> {
  const { url, what, signal } = request;
  if (signal?.aborted) throw interruption(signal);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const rest = () => clearTimeout(timer);
  const listen = () => {
    rest();
    timer = setTimeout(() => stop.abort(), silenceMs);
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
    return transportError(what, url.host, error);
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    listen();
    const response = await fetch(url, {
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
      body: () => chunks(response, { listen, rest, end, failure }),
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
  { listen, rest, end, failure }: Watch,
): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (!reader) return end();
  try {
    for (;;) {
      listen();
      const { done, value } = await reader.read().catch((error) => Promise.reject(failure(error)));
      rest();
      if (done) return;
      yield value;
    }
  } finally {
    end();
    // After the end this does nothing; before it, it closes the connection.
    await reader.cancel().catch(() => {});
  }
}
