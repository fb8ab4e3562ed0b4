// What can go wrong with the Hub, in words. No message shows a token, a query string (CDN links carry signatures) or a header.
import { InterruptedError, MariaError, NetworkError } from '@maria/core';

/** A failure that may pass: the request is worth another try. `reason` is thrown when the tries are used up. */
export class TemporaryError extends Error {
  readonly reason: NetworkError;
  /** What the server asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** There was no host to talk to. */
  readonly absent: boolean;
  /** Enough arrived before the failure that the tries are counted anew. */
  readonly progressed: boolean;

  constructor(
    reason: NetworkError,
    options: { retryAfter?: number | undefined; absent?: boolean; progressed?: boolean } = {},
  ) {
    super(reason.message, { cause: reason });
    this.reason = reason;
    this.retryAfter = options.retryAfter;
    this.absent = options.absent ?? false;
    this.progressed = options.progressed ?? false;
  }
}

const untrusted = 'its certificate is not trusted (NODE_EXTRA_CA_CERTS names trusted ones)';

/** Nobody is there, or not who it should be. */
const absentFacts: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'it refuses the connection',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'it is unreachable',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

const droppedFacts: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  ECONNRESET: 'the connection was dropped',
  EPIPE: 'the connection was dropped',
  UND_ERR_SOCKET: 'the connection was dropped',
};

/** No answer came from the host, or it broke off. */
export function transportError(
  what: string,
  host: string,
  error: unknown,
  proxy: string | undefined,
): TemporaryError {
  const code = codeOf(error) ?? 'unknown';
  const absent = absentFacts[code] ?? proxyRefusal(error);
  const fact = absent ?? droppedFacts[code] ?? `the connection failed (${code})`;
  const who = proxy === undefined ? host : `${host}, or the proxy ${proxy}`;
  const check =
    proxy === undefined ? 'the network and HF_ENDPOINT' : 'the network, the proxy and HF_ENDPOINT';
  const reason = new NetworkError('unreachable', `Cannot ${what}: ${who}: ${fact}.`, {
    try: `Check ${check}; models that were pulled before work without a network.`,
    cause: error,
  });
  return new TemporaryError(reason, { absent: absent !== undefined });
}

/** The host stopped sending. */
export function silenceError(what: string, host: string, milliseconds: number): TemporaryError {
  return new TemporaryError(
    new NetworkError('unreachable', `Cannot ${what}: ${host} has been silent for ${milliseconds / 1000} s.`, {
      try: 'Run it again: it goes on where it stopped.',
    }),
  );
}

/** The host sends, but hardly. */
export function speedError(
  what: string,
  host: string,
  { speed, minSpeed, waited }: { speed: number; minSpeed: number; waited: number },
): NetworkError {
  const readable = (bytes: number) => `${bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} bytes a second`;
  return new NetworkError(
    'too-slow',
    `Cannot ${what}: ${host} sent ${readable(speed)} over ${Math.round(waited / 1000)} s, less than the ${readable(minSpeed)} that are waited for.`,
    {
      try: 'Run it again: what has arrived is kept. MARIA_MIN_SPEED sets another lowest speed in bytes a second; 0 takes any.',
    },
  );
}

/** What the proxy said instead of opening a tunnel. */
function proxyRefusal(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const status = /^Proxy response \((\d+)\)/.exec(at.message)?.[1];
    if (status === '407')
      return 'the proxy wants a user name and a password in its address, as in http://USER:PASSWORD@HOST:PORT (HTTP 407)';
    if (status !== undefined) return `the proxy opens no way to it (HTTP ${status})`;
  }
  return undefined;
}

/** The code behind "fetch failed": of the error, of its cause, or of the first address that was tried. */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    if (at instanceof AggregateError && at.errors.length > 0) return codeOf(at.errors[0]);
  }
  return undefined;
}

export interface FailedRequest {
  /** What the request is for, after "Cannot": "pull gpt2@main". */
  readonly what: string;
  /** `ID` of the repository. */
  readonly id: string;
  readonly status: number;
  readonly headers: Headers;
  /** Who answered. */
  readonly url: URL;
  readonly endpoint: URL;
  readonly hasToken: boolean;
}

const temporaryStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A status that is no success, as a NetworkError, or as a TemporaryError where it is worth another try. */
export function statusError(request: FailedRequest): NetworkError | TemporaryError {
  const { what, status, headers, url, endpoint } = request;
  if (status === 429)
    return new TemporaryError(
      new NetworkError(
        'rate-limited',
        `Cannot ${what}: ${url.host} has had too many requests (HTTP 429)${waitFact(headers)}.`,
        {
          try: 'Run it again later; with an access token in HF_TOKEN the limits are higher.',
        },
      ),
      { retryAfter: retryAfter(headers) },
    );
  const failed = (fact: string, code = 'server-error') =>
    new NetworkError(code, `Cannot ${what}: ${url.host} ${fact} (HTTP ${status}).`);
  if (temporaryStatuses.has(status))
    return new TemporaryError(failed('has a problem of its own'), { retryAfter: retryAfter(headers) });
  // Links to a CDN are signed for a while only; the next try gets a new one.
  if (status === 403 && url.origin !== endpoint.origin)
    return new TemporaryError(failed('refuses the link that the Hub gave', 'access-denied'));
  if (status === 401 || status === 403) return accessError(request);
  if (status === 404) return missingError(request);
  if (status === 416) return failed('has no such part of the file', 'range-not-satisfiable');
  return failed('gives an answer that is not understood', 'bad-response');
}

function accessError({ what, id, status, headers, endpoint, hasToken }: FailedRequest): NetworkError {
  const page = `${endpoint.href.replace(/\/$/, '')}/${id}`;
  const gated = headers.get('x-error-code') === 'GatedRepo' || status === 403;
  const denied = (fact: string, hint: string) =>
    new NetworkError('access-denied', `Cannot ${what}: ${fact} (HTTP ${status}).`, {
      try: hint,
      facts: { model: id, ...(gated && { terms: page, hasToken }) },
    });
  if (gated && hasToken)
    return denied(
      `${id} is gated, and the account of the access token has no access to it`,
      `Accept its conditions on ${page}, and use a token of the same account that may read gated repositories.`,
    );
  if (gated || !hasToken)
    return denied(
      gated ? `${id} is gated` : `${id} is gated or private, or there is no such repository`,
      `${gated ? 'Accept' : 'Check the id; accept'} its conditions on ${page}, make a token on ${endpoint.origin}/settings/tokens, and set HF_TOKEN to it.`,
    );
  return denied(
    'the Hub does not accept the access token, or it may not read this repository',
    `Set HF_TOKEN to a new token from ${endpoint.origin}/settings/tokens.`,
  );
}

function missingError({ what, id, headers, hasToken }: FailedRequest): NetworkError {
  const facts: Readonly<Record<string, string>> = {
    RepoNotFound: 'there is no such repository',
    RevisionNotFound: 'the repository has no such revision',
    EntryNotFound: 'the repository has no such file',
  };
  const fact =
    facts[headers.get('x-error-code') ?? ''] ?? 'there is no such repository or no such revision of it';
  return new NetworkError('not-found', `Cannot ${what}: ${fact} (HTTP 404).`, {
    try: hasToken
      ? 'Check the spelling, and that the token may read it; private repositories look like missing ones.'
      : 'Check the spelling; private repositories look like missing ones until HF_TOKEN holds a token that may read them.',
    facts: { model: id },
  });
}

/** Milliseconds of Retry-After: seconds, or a date. */
export function retryAfter(headers: Headers, now: () => number = Date.now): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}

function waitFact(headers: Headers): string {
  const wait = retryAfter(headers);
  return wait === undefined ? '' : ` and asks to wait ${Math.ceil(wait / 1000)} s`;
}

/** An answer that no server of the Hub's protocol gives. */
export function badResponse(what: string, fact: string, cause?: unknown): NetworkError {
  return new NetworkError('bad-response', `Cannot ${what}: ${fact}.`, {
    try: 'Check HF_ENDPOINT; a proxy may have answered in place of the Hub.',
    cause,
  });
}

/** The model is not in the cache, and no request may be made. */
export function offlineError(name: string, fact: string): NetworkError {
  return new NetworkError('offline', `Cannot find ${name} without the network: ${fact}.`, {
    try: 'Unset HF_HUB_OFFLINE and pull it.',
    facts: { model: name },
  });
}

/** The error to throw for an aborted signal: its reason where that is one of ours. */
export function interruption(signal: AbortSignal): MariaError {
  return signal.reason instanceof MariaError ? signal.reason : new InterruptedError();
}
