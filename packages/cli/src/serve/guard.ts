// Who may ask: nobody's web page, and with a key only who has it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { Refusal } from './refusal.js';

export interface Guard {
  /** Names under which the server is reached, beside localhost and addresses. */
  readonly hosts: readonly string[];
  /** Web pages that may ask. */
  readonly origins: readonly string[];
  readonly key?: string | undefined;
}

type Asked = (header: string) => string | undefined;

/** @throws Refusal 403 for a request that a web page of others made a browser send */
export function refuseStrangePages(header: Asked, { hosts, origins }: Guard): void {
  const host = header('host');
  const name = host === undefined ? undefined : hostName(host);
  // A page that lets its own name stand for this machine (DNS rebinding) needs a name: an address cannot be made to stand for another.
  if (name === undefined || !(name === 'localhost' || isIP(name) > 0 || hosts.includes(name)))
    throw new Refusal(403, 'host-refused', `Cannot serve the host ${JSON.stringify(host ?? '')}.`);
  const origin = header('origin');
  if (origin !== undefined) {
    if (origins.includes(origin) || isOwn(origin, host!)) return;
    throw new Refusal(403, 'origin-refused', `Cannot serve the web page of ${JSON.stringify(origin)}.`);
  }
  // Browsers tell no origin where a page shows what it gets as an image or a script. To follow a link is the person's own wish.
  const site = header('sec-fetch-site') ?? 'none';
  if ((site === 'cross-site' || site === 'same-site') && header('sec-fetch-mode') !== 'navigate')
    throw new Refusal(403, 'origin-refused', 'Cannot serve a web page of another site.');
}

/** @throws Refusal 401 without the key. It takes the same time however much of a wrong key is right. */
export function requireKey(authorization: string | undefined, key: string): void {
  const given = /^Bearer +(.*)$/i.exec(authorization ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(given), digest(key)))
    throw new Refusal(401, 'key-missing', 'Cannot serve the request: its bearer key is missing or wrong.');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** "[::1]:8080" is "::1". */
function hostName(host: string): string | undefined {
  const [, address, name] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}

/** Whether a page is one of the server's own. */
function isOwn(origin: string, host: string): boolean {
  return origin.toLowerCase() === `http://${host.toLowerCase()}`;
}
