// What `maria serve` bounds: who waits, how much is sent, how long it takes; and how it ends.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { maria } from './cli-process.js';
import { allEvents, eventsOf, longText, startServer, type TestServer } from './server-process.js';

let server: TestServer;
afterEach(async () => {
  await server.stop();
});

const short = { text: 'The [MASK] sat.', seed: 7 };
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code;
const isFree = async () => {
  await server.untilMetric('maria_lanes_taken', 0);
  await server.untilMetric('maria_requests_running', 0);
  await server.untilMetric('maria_requests_waiting', 0);
};

test('a full queue is told so, an abandoned request makes room at once, and who waited is served', async () => {
  server = await startServer(['--batch', '1', '--queue', '1']);
  const gone = new AbortController();
  const long = () => server.post('/infill', { ...longText, stream: true }, { signal: gone.signal });
  // As many as keep one lane busy.
  const running = await Promise.all([long(), long()]);
  const waiting = server.post('/infill', short);
  await server.untilMetric('maria_requests_waiting', 1);
  const refused = await server.post('/infill', short);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({ error: { code: 'busy' } });

  for (const response of running) for await (const event of eventsOf(response)) if (event) break;
  gone.abort();
  expect((await waiting).status).toBe(200);
  expect(((await (await waiting).json()) as { text: string }).text).toMatch(/^The .+ sat\.$/);
  await isFree();
  const metrics = await server.metrics();
  expect(metrics.get('maria_texts_filled_total')).toBe(1);
  // Of 51,200 tokens that the two would have been filled with.
  expect(metrics.get('maria_tokens_filled_total')).toBeLessThan(51_200);
  expect(metrics.get('maria_requests_total{path="/infill",status="499"}')).toBe(2);
});

test('who leaves before the answer frees a lane too, whatever was asked', async () => {
  server = await startServer(['--batch', '2']);
  const gone = new AbortController();
  const asked = [
    server.post('/infill', longText, { signal: gone.signal }),
    server.post('/v1/completions', { prompt: 'x', max_tokens: 200, n: 128 }, { signal: gone.signal }),
    server.post('/infill', { input_prefix: 'x', n_predict: 200, stream: true }, { signal: gone.signal }),
  ].map((response) => response.then((one) => one.text()).catch((error: Error) => error.name));
  await server.untilMetric('maria_lanes_taken', 2);
  gone.abort();
  await Promise.all(asked);
  await isFree();
  expect((await server.post('/infill', short)).status).toBe(200);
});

test('a request whose time is up is told so, and frees its lane', async () => {
  server = await startServer(['--timeout', '1', '--batch', '1']);
  const response = await server.post('/infill', longText);
  expect(response.status).toBe(504);
  expect(await response.json()).toMatchObject({ error: { code: 'timeout' } });
  // Also one whose body does not come.
  const halted = connect(Number(new URL(server.url).port), '127.0.0.1');
  halted.write('POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
  halted.write('Content-Length: 99\r\n\r\n{"te');
  const [told] = await once(halted, 'data');
  expect(String(told)).toMatch(/^HTTP\/1\.1 504 /);
  halted.destroy();
  await expect(server.post('/infill', { ...longText, stream: true }).then(allEvents)).rejects.toThrow();
  await isFree();
  expect((await server.post('/infill', short)).status).toBe(200);
});

test('a reader that takes nothing keeps no lane from others', async () => {
  server = await startServer(['--batch', '1']);
  const text = `${'x [MASK] '.repeat(100)}`;
  const body = JSON.stringify({ text, stream: true, alternatives: 500 });
  const slow = request(`${server.url}/infill`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
  });
  slow.end(body);
  const [answer] = await once(slow, 'response');
  answer.pause();
  await isFree();
  expect((await server.post('/infill', short)).status).toBe(200);
  slow.destroy();
});

test('bodies that are too large, cut off or no JSON harm nobody', async () => {
  server = await startServer();
  const statusOf = async (body: string, headers = {}) => {
    const response = await server.post('/infill', body, { headers });
    return [response.status, await codeOf(response)];
  };
  expect(await statusOf(JSON.stringify({ text: 'x'.repeat(2 ** 20) }))).toEqual([413, 'too-large']);
  expect(await statusOf('')).toEqual([400, 'invalid-record']);
  expect(await statusOf('{"text": "a [MASK]"')).toEqual([400, 'invalid-json']);
  expect(await statusOf('[1]')).toEqual([400, 'invalid-record']);
  expect(await statusOf(`${'[{"a":'.repeat(50_000)}`)).toEqual([400, 'invalid-json']);
  const plain = { 'Content-Type': 'text/plain' };
  expect(await statusOf(JSON.stringify(short), plain)).toEqual([415, 'not-json']);
  const bytes = await fetch(`${server.url}/infill`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: Uint8Array.from([...Buffer.from('{"text":"a [MASK] '), 0xff, 0x22, 0x7d]),
  });
  expect([bytes.status, await codeOf(bytes)]).toEqual([400, 'invalid-utf8']);

  // One that never ends, in chunks; and one that goes away in the middle.
  const endless = request(`${server.url}/infill`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
  });
  endless.on('error', () => {});
  const answered = once(endless, 'response').then(
    ([answer]) => answer.statusCode,
    (error: NodeJS.ErrnoException) => error.code,
  );
  const write = () => {
    if (endless.destroyed) return;
    if (endless.write('x'.repeat(2 ** 16))) setImmediate(write);
    else endless.once('drain', write);
  };
  write();
  expect([413, 'EPIPE', 'ECONNRESET']).toContain(await answered);
  endless.destroy();
  const { port } = new URL(server.url);
  const cut = connect(Number(port), '127.0.0.1');
  cut.write(
    'POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"te',
  );
  await once(cut, 'connect');
  cut.destroy();
  expect((await server.post('/infill', short)).status).toBe(200);
});

test('SIGTERM finishes what was begun, and takes nothing new', async () => {
  server = await startServer();
  const record = { text: 'Once upon a time [MASK*40]', samples: 8, seed: 3 };
  const response = await server.post('/infill', { ...record, stream: true });
  const events = eventsOf(response);
  await events.next();
  const ended = server.stop();
  const told: string[] = [];
  for await (const event of events) told.push(event);
  expect(told.at(-1)).toBe('[DONE]');
  expect(told.filter((event) => event.includes('"type":"done"'))).toHaveLength(8);
  expect(await ended).toEqual({ status: 0, stdout: `${server.url}\n`, stderr: '' });
  await expect(server.post('/infill', short)).rejects.toThrow();
});

test('what takes longer than 10 seconds is broken off at the end', async () => {
  server = await startServer(['--batch', '1']);
  const response = server.post('/infill', longText);
  await server.untilMetric('maria_lanes_taken', 1);
  const ended = server.stop();
  const { status } = await response;
  expect(status).toBe(503);
  expect((await ended).status).toBe(0);
});

test('a port that is taken, and a key that no header holds, end it at once', async () => {
  server = await startServer();
  const { port } = new URL(server.url);
  expect(await maria(['serve', '--port', port])).toEqual({
    status: 2,
    stdout: '',
    stderr: `Cannot serve on 127.0.0.1, port ${port}: another program has it.\nTry: Give another: --port N, or --port 0 for any.\n`,
  });
  const { status, stderr } = await maria(['serve', '--port', '0'], { env: { MARIA_API_KEY: 'two words' } });
  expect([status, stderr.split('\n')[0]]).toEqual([
    2,
    'Cannot use the key of MARIA_API_KEY: it is empty, or holds what no key may.',
  ]);
});
