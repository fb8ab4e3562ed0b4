// Proxies of the environment: which requests go through them, what they are told, and that no password is ever shown.

import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { testHub } from './hub-server.test.support.js';
import { proxiesOf } from './proxies.js';
import { pullModel } from './pull.js';
import { impatient, tinyRepository } from './tiny-repository.test.support.js';

const folder = temporaryFolder();
const hub = await testHub();
hub.repositories['org/tiny'] = tinyRepository();

/** Forwards to the Hub what is asked of hub.invalid, a name that nobody else knows, and opens no tunnels. */
const seen: { readonly host: string; readonly authorization: string | undefined }[] = [];
let tunnelStatus = 407;
const note = (host: string, { headers }: IncomingMessage) =>
  void seen.push({ host, authorization: headers['proxy-authorization'] });
const proxy = createServer((incoming: IncomingMessage, response: ServerResponse) => {
  const url = new URL(incoming.url!);
  note(url.host, incoming);
  const target = url.hostname === 'hub.invalid' ? new URL(url.pathname, hub.endpoint) : url;
  const { method, headers } = incoming;
  request(target, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  }).end();
});
proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
  note(incoming.url!, incoming);
  socket.end(`HTTP/1.1 ${tunnelStatus} No\r\n\r\n`);
});
await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
afterAll(() => {
  proxy.close();
  proxy.closeAllConnections();
});
const { port } = proxy.address() as AddressInfo;
const address = `http://user:pa55word@127.0.0.1:${port}`;

const pull = (endpoint: string, env: Record<string, string>) =>
  pullModel('org/tiny', {
    endpoint,
    env,
    cacheFolder: mkdtempSync(join(folder, 'cache-')),
    patience: impatient(),
  });

beforeEach(() => {
  seen.length = 0;
});

describe('a pull', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])(
    'goes through the proxy of %s',
    async (name) => {
      expect((await pull('http://hub.invalid', { [name]: address })).received).toBeGreaterThan(0);
      expect(new Set(seen.map(({ host }) => host))).toEqual(new Set(['hub.invalid', new URL(hub.cdn).host]));
      const basic = `Basic ${Buffer.from('user:pa55word').toString('base64')}`;
      expect(seen.every(({ authorization }) => authorization === basic)).toBe(true);
    },
  );

  it('reaches hosts of NO_PROXY without it', async () => {
    await pull('http://hub.invalid', { HTTP_PROXY: address, NO_PROXY: 'example.org,127.0.0.1' });
    expect(new Set(seen.map(({ host }) => host))).toEqual(new Set(['hub.invalid']));
    seen.length = 0;
    await pull(hub.endpoint, { HTTP_PROXY: address, no_proxy: '*' });
    await pull(hub.endpoint, { HTTPS_PROXY: address });
    await pull(hub.endpoint, { HTTP_PROXY: '' });
    expect(seen).toEqual([]);
  });

  it.each([
    [407, 'the proxy wants a user name and a password in its address'],
    [403, 'the proxy opens no way to it (HTTP 403)'],
  ])('says what the proxy of https answers: %i', async (status, fact) => {
    tunnelStatus = status;
    const error = await pull('https://hub.invalid', { HTTPS_PROXY: address }).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({
      code: 'unreachable',
      exitStatus: 4,
      message: expect.stringContaining(fact),
    });
    expect(String(error)).toContain(`hub.invalid, or the proxy 127.0.0.1:${port}: `);
    expect(seen).toEqual([expect.objectContaining({ host: 'hub.invalid:443' })]);
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('pa55word');
  });
});

describe('proxiesOf', () => {
  it('prefers small letters, and takes an address without its scheme', () => {
    const { http, https, except } = proxiesOf({
      http_proxy: 'a:1',
      HTTP_PROXY: 'b:2',
      ALL_PROXY: 'socks5://c:3',
    });
    expect([http?.href, https?.href, except]).toEqual(['http://a:1/', 'socks5://c:3', '']);
  });

  it.each(['ftp://user:pa55word@x', 'http://', 'socks4://x', 'http://user:pa55word@x:y'])(
    'refuses %s without showing it',
    (text) => {
      const refusal = (() => {
        try {
          return proxiesOf({ HTTPS_PROXY: text });
        } catch (error) {
          return error;
        }
      })();
      expect(refusal).toMatchObject({
        code: 'bad-proxy',
        exitStatus: 2,
        message: 'Cannot reach the Hub: HTTPS_PROXY is not the address of a proxy.',
      });
      expect(`${refusal} ${JSON.stringify(refusal)}`).not.toContain('pa55word');
    },
  );
});
