// Who may not ask `maria serve`, and what must not harm it.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria } from './cli-process.js';
import { startServer, type TestServer } from './server-process.js';

let folder: string;
let server: TestServer;
const page = 'https://example.org';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maria-server-'));
  writeFileSync(join(folder, 'key'), 'the-key\n');
  const args = ['--allow-origin', page, '--allow-host', 'maria.example.org'];
  server = await startServer([...args, '--key-file', join(folder, 'key')]);
});
afterAll(async () => {
  const { status, stderr } = await server.stop();
  expect([status, stderr]).toEqual([0, '']);
  await rm(folder, { recursive: true });
});

/** What fetch does not let one send. */
async function asked(
  headers: Record<string, string>,
  { method = 'POST', path = '/infill', body = '{"text":"A [MASK].","seed":7}' } = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const sent = request(server.url + path, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer the-key', ...headers },
  });
  sent.end(method === 'GET' ? '' : body);
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const part of answer) text += part;
  return { status: answer.statusCode, headers: answer.headers, body: text };
}

test('a web page of others is refused, and one that is named may ask', async () => {
  for (const Origin of ['https://evil.example', 'null', `${page}.evil.example`, 'http://localhost:1'])
    expect(await asked({ Origin })).toMatchObject({
      status: 403,
      body: expect.stringContaining('origin-refused'),
    });
  // As a script, an image or a form of a page: without an origin.
  for (const site of ['cross-site', 'same-site'])
    expect(
      (
        await asked(
          { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'no-cors' },
          { method: 'GET', path: '/metrics' },
        )
      ).status,
    ).toBe(403);
  const own = await asked({ Origin: page });
  expect([own.status, own.headers['access-control-allow-origin']]).toEqual([200, page]);
  const preflight = { Origin: page, 'Access-Control-Request-Method': 'POST' };
  const allowed = await asked(preflight, { method: 'OPTIONS', body: '' });
  expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([204, page]);
  const strange = await asked(
    { ...preflight, Origin: 'https://evil.example' },
    { method: 'OPTIONS', body: '' },
  );
  expect([strange.status, strange.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  // A page of the server itself.
  expect((await asked({ Origin: server.url })).status).toBe(200);
});

test('a host name that stands for this machine without being asked to is refused', async () => {
  for (const Host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:8080',
  ])
    expect(await asked({ Host })).toMatchObject({
      status: 403,
      body: expect.stringContaining('host-refused'),
    });
  for (const Host of ['localhost', 'LOCALHOST:8080', '127.0.0.1', '[::1]:8080', 'maria.example.org'])
    expect((await asked({ Host })).status).toBe(200);
});

test('nothing but the health is told without the key', async () => {
  for (const Authorization of ['', 'Bearer', 'Bearer the-keY', 'Basic the-key', 'the-key']) {
    for (const path of ['/infill', '/score', '/v1/completions'])
      expect((await asked({ Authorization }, { path })).status).toBe(401);
    for (const path of ['/metrics', '/v1/models', '/openapi.json', '/nothing'])
      expect((await asked({ Authorization }, { method: 'GET', path })).status).toBe(401);
  }
  expect((await asked({ Authorization: 'x' }, { method: 'GET', path: '/health' })).status).toBe(200);
});

test('the page is told without the key: it holds nothing, and asks for it; no page of others may show it', async () => {
  const shown = await asked({ Authorization: 'x' }, { method: 'GET', path: '/' });
  expect([shown.status, shown.headers['content-type']]).toEqual([200, 'text/html; charset=UTF-8']);
  expect(shown.headers['content-security-policy']).toBe("frame-ancestors 'none'");
  expect(shown.body).toContain("default-src 'none'");
  expect(shown.body).not.toContain('the-key');
  const framed = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
  expect((await asked(framed, { method: 'GET', path: '/' })).status).toBe(403);
});

test('names of models are compared, and nothing is looked up by them', async () => {
  for (const model of ['../../etc/passwd', '/etc/passwd', 'gpt2', 'org/name', 'x'.repeat(5000)]) {
    const body = JSON.stringify({ text: 'A [MASK].', model });
    const answer = await asked({}, { body });
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([404, 'model_not_found']);
    expect(answer.body.length).toBeLessThan(500);
  }
  for (const path of [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/v1/models/..%2f..%2f..%2fetc%2fpasswd',
  ])
    expect((await asked({}, { method: 'GET', path })).status).toBe(404);
});

test('a header of 1 MB is refused', async () => {
  const { port } = new URL(server.url);
  const answerTo = (size: number) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      // One that still writes may lose the answer.
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
      socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(size)}`);
    });
  expect(await answerTo(20_000)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await answerTo(2 ** 20)).not.toMatch(/^HTTP\/1\.1 2/);
  expect((await asked({})).status).toBe(200);
});

test('idle connections, more than there is room for, keep nobody out', async () => {
  const { port } = new URL(server.url);
  const sockets: Socket[] = [];
  for (let i = 0; i < 900; i++) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    // Some begin a request and never end it.
    if (i % 3 === 0) socket.write('POST /infill HTTP/1.1\r\nHost: localhost\r\n');
    if (i % 100 === 0) expect((await asked({})).status).toBe(200);
  }
  expect((await asked({})).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test('what no browser tells as an origin is no origin to allow', async () => {
  const { status, stderr } = await maria(['serve', '--port', '0', '--allow-origin', '*']);
  expect([status, stderr.split('\n')[0]]).toEqual([2, 'Cannot let a web page ask: "*" is no origin.']);
});

test('what no request names as its host is no name to allow', async () => {
  const { status, stderr } = await maria(['serve', '--port', '0', '--allow-host', 'http://a.example']);
  expect([status, stderr.split('\n')[0]]).toEqual([
    2,
    'Cannot be reached under "http://a.example": it is no name of a host.',
  ]);
});
