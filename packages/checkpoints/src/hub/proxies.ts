// Proxies that environment variables name, as curl and Python's tools read them. Node's own fetch follows none before Node 24.
import { UsageError } from '@maria/core';

/** Addresses may hold a user name and a password: none of them is ever printed whole. */
export interface Proxies {
  /** For http: addresses. */
  readonly http: URL | undefined;
  /** For https: addresses. */
  readonly https: URL | undefined;
  /** Hosts that are reached without one, as NO_PROXY lists them. */
  readonly except: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws UsageError for a proxy that makes no sense; the message shows no address */
export function proxiesOf(env: Environment): Proxies {
  return {
    http: proxyIn(env, ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']),
    https: proxyIn(env, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']),
    except: env.no_proxy || env.NO_PROXY || '',
  };
}

function proxyIn(env: Environment, names: readonly string[]): URL | undefined {
  const name = names.find((name) => env[name]);
  if (name === undefined) return undefined;
  const text = env[name]!.trim();
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.hostname && ['http:', 'https:', 'socks5:'].includes(url.protocol)) return url;
  throw new UsageError('bad-proxy', `Cannot reach the Hub: ${name} is not the address of a proxy.`, {
    try: `Set ${name} to an address like http://proxy.example:3128 (http, https or socks5), or unset it.`,
  });
}

/** The parts of a fetch that requests to the Hub use. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export type Fetch = (url: URL, init: FetchInit) => Promise<Response>;

/** A fetch that goes through them. Their client is loaded only where there is a proxy. */
export function fetchThrough({ http, https, except }: Proxies): Fetch {
  let loading: Promise<Fetch> | undefined;
  const load = async (): Promise<Fetch> => {
    const { EnvHttpProxyAgent, fetch: proxied } = await import('undici');
    const dispatcher = new EnvHttpProxyAgent({
      httpProxy: http?.href ?? '',
      httpsProxy: https?.href ?? '',
      noProxy: except,
      // Plain http is forwarded, as other tools do it: many proxies open tunnels to the port of https only.
      proxyTunnel: false,
    });
    return (url, init) => proxied(url, { ...init, dispatcher }) as unknown as Promise<Response>;
  };
  return async (url, init) => {
    if ((url.protocol === 'https:' ? https : http) === undefined) return fetch(url, init);
    loading ??= load();
    return (await loading)(url, init);
  };
}
