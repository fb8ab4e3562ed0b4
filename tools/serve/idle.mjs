// Connections that ask for nothing, and headers that are too long, against `maria serve`:
//   node tools/serve/idle.mjs [--connections 10000]
// Opens as many as the limit of open files allows (it asks for more); a third of them begin a request and never end it. Whoever really asks must be
// answered all the while, no more stay open than the server has room for, and its memory must not grow by much. Then 20 headers of 1 MB, which must be refused.
// Writes one JSON object; ends with 1 where anything is not as it must be.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '10000' } } });
const wanted = Number(values.connections);
/** As the server has it: packages/cli/src/serve/server.ts. */
const room = 768;
/** Of this process itself. */
const ownFiles = 200;

const inShell = (script) => execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
const most = inShell(`ulimit -n ${wanted + ownFiles} 2>/dev/null; ulimit -n`);
const files = most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
if (Number(inShell('ulimit -n')) < files) {
  // A process has the limit that it was started with.
  const script = `ulimit -n ${files}; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', script, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  child.once('close', (status) => process.exit(status ?? 1));
} else await run(Math.min(wanted, files - ownFiles));

async function run(count) {
  const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));
  const server = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve) =>
    server.stdout.once('data', (line) => resolve(String(line).trim())),
  );
  const port = Number(new URL(url).port);
  let slowestMs = 0;
  let unanswered = 0;
  const ask = async () => {
    const started = performance.now();
    const { ok } = await fetch(`${url}/infill`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"text": "The [MASK] sat.", "seed": 7}',
    }).catch(() => ({ ok: false }));
    slowestMs = Math.max(slowestMs, performance.now() - started);
    if (!ok) unanswered++;
  };
  const memory = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
  await ask();
  const before = memory();
  const open = new Set();
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    if (i % 3 === 0) socket.write('POST /infill HTTP/1.1\r\nHost: localhost\r\n');
    if (i % 100 === 99) await new Promise((resolve) => socket.once('connect', resolve));
    if (i % 500 === 499) await ask();
  }
  await ask();
  // Closing takes its turn.
  await pause(500);
  const stayed = open.size;
  const during = memory();
  for (const socket of open) socket.destroy();
  const headers = await Promise.all(Array.from({ length: 20 }, () => longHeader(port)));
  await ask();
  server.kill('SIGTERM');
  const [status] = await new Promise((resolve) => server.once('close', (...ended) => resolve(ended)));
  const refused = headers.filter((answer) => !/^HTTP\/1\.1 2/.test(answer)).length;
  const told = {
    connections: count,
    stayed,
    unanswered,
    slowestMs: Math.round(slowestMs),
    refusedHeaders: refused,
  };
  const megabytes = { before: Math.round(before), during: Math.round(during) };
  process.stdout.write(`${JSON.stringify({ ...told, megabytes, status })}\n`);
  const isFine =
    stayed <= room && unanswered === 0 && refused === 20 && during < before + 200 && status === 0;
  process.exitCode = isFine ? 0 : 1;
}

/** What a header of 1 MB is answered with, if the answer is heard at all by one that still writes. */
function longHeader(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(2 ** 20)}`);
  });
}
