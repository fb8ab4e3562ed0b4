// A Hub behind TLS that only a proxy knows the way to: it opens tunnels to hub.test and cdn.test, names that nobody else knows.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { TestHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';

/**
 * Signs itself, until 2126: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=hub.test
 *   -addext subjectAltName=DNS:hub.test,DNS:cdn.test -addext basicConstraints=critical,CA:TRUE -keyout key.pem -out cert.pem
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUKgAwIBAgIUK4d3qttuoHpU9ZI5IOapSv8bOU0wCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIaHViLnRlc3QwIBcNMjYxMTI5MTYzMTE2WhgPMjEyNjExMDUx
NjMxMTZaMBMxETAPBgNVBAMMCGh1Yi50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE743zc0fKzAYyz2oa0d2JJy1MTIopxVaiaH0dmfbeEpUkwFghCRxyKOXO
tLIAN7fpp6aB2ZbyOFAH/dT2xKNhQ6NyMHAwHQYDVR0OBBYEFMXk8YS1FCsMmVNW
Aw0UY1XZ/kqcMB8GA1UdIwQYMBaAFMXk8YS1FCsMmVNWAw0UY1XZ/kqcMB0GA1Ud
EQQWMBSCCGh1Yi50ZXN0gghjZG4udGVzdDAPBgNVHRMBAf8EBTADAQH/MAoGCCqG
SM49BAMCA0cAMEQCICST84QcMVlDOszr0nORmNwe0TIPpvgVPc0jykiG/wxwAiAM
vrg1vZbq/HeIsS2+BL8Ir66PGSHy9hAwpB1g84cEsQ==
-----END CERTIFICATE-----
`;
/** Of nothing but this test. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXUM5Oai/HagNc4UY
g4yU40MjSiSGJ4kKd+URYTDv13yhRANCAATvjfNzR8rMBjLPahrR3YknLUxMiinF
VqJofR2Z9t4SlSTAWCEJHHIo5c60sgA3t+mnpoHZlvI4UAf91PbEo2FD
-----END PRIVATE KEY-----
`;

export interface TlsHub {
  readonly endpoint: string;
  readonly proxy: string;
  /** What tunnels were asked to. */
  readonly tunnels: string[];
  close(): void;
}

export async function tlsHub(hub: TestHub): Promise<TlsHub> {
  const front = createTlsServer({ key, cert: certificate }, (incoming, response) =>
    forward(hub, incoming, response),
  );
  await listening(front);
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((_, response) => response.writeHead(403).end());
  proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    tunnels.push(incoming.url!);
    if (!['hub.test:443', 'cdn.test:443'].includes(incoming.url!))
      return void socket.end('HTTP/1.1 403 No\r\n\r\n');
    const tunnel = connect(portOf(front), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [socket, tunnel]) {
      sockets.add(end);
      end.on('error', () => {});
    }
  });
  await listening(proxy);
  return {
    endpoint: 'https://hub.test',
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    tunnels,
    close: () => {
      for (const socket of sockets) socket.destroy();
      front.close();
      proxy.close();
    },
  };
}

function forward(hub: TestHub, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const target = headers.host === 'cdn.test' ? hub.cdn : hub.endpoint;
  request(new URL(url!, target), { method, headers }, (answer) => {
    const { location } = answer.headers;
    const moved = location && { location: location.replace(hub.cdn, 'https://cdn.test') };
    response.writeHead(answer.statusCode!, { ...answer.headers, ...moved });
    answer.pipe(response);
  }).end();
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
