// Many clients at once against `maria serve`, some of which go away, read slowly or send rubbish:
//   node tools/serve/soak.mjs [--clients 64] [--requests 2000] [--batch auto]
// Every answer must be the line that `maria infill --jsonl` writes for it. Then the same texts once more, from good clients, for the time.
// Writes one JSON object: what was counted, times, memory. Ends with 1 where anything is not as it must be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '64' },
    requests: { type: 'string', default: '2000' },
    batch: { type: 'string', default: 'auto' },
  },
});
const clients = Number(values.clients);
const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));
const start = (args) => spawn(process.execPath, [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });

/** Texts of 8 to 40 words with 1 to 10 tokens to fill; each is sampled with a seed of its own. */
const words =
  'the little dog and a big red bird went to play in the park with their friend Tom who was very happy'.split(
    ' ',
  );
const records = Array.from({ length: Number(values.requests) }, (_, i) => {
  const length = 8 + ((i * 37) % 33);
  const said = Array.from({ length }, (_, k) => words[(i * 7 + k * 5) % words.length]);
  const gaps = 1 + (i % 3);
  for (let g = 0; g < gaps; g++) {
    const tokens = 1 + ((i + g) % 4);
    said[Math.floor(((g + 0.5) * length) / gaps)] = tokens === 1 ? '[MASK]' : `[MASK*${tokens}]`;
  }
  return { id: i, text: `Once upon a time ${said.join(' ')}.`, seed: i };
});

async function outputOf(child) {
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      told[name] += text;
    });
  const [status] = await once(child, 'close');
  return { status, ...told };
}

/** The lines of the command for all records, and the milliseconds that filling them took. */
async function byCommand() {
  const child = start(['infill', '--jsonl', '--batch', values.batch, '--stats']);
  const output = outputOf(child);
  child.stdin.end(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const { status, stdout, stderr } = await output;
  if (status !== 0) throw new Error(stderr);
  return { lines: stdout.split('\n').slice(0, -1), fillMs: Number(/^fill: (\d+)/m.exec(stderr)[1]) };
}

const server = start(['serve', '--port', '0', '--batch', values.batch]);
const serverOutput = outputOf(server);
const url = await new Promise((resolve, reject) => {
  let line = '';
  server.stdout.on('data', (text) => {
    line += text;
    if (line.endsWith('\n')) resolve(line.trim());
  });
  server.once('close', () => reject(new Error('the server ended')));
});
const agent = new Agent({ keepAlive: true, maxSockets: clients });
const json = { 'Content-Type': 'application/json' };

async function answerTo(body, { pauseMs = 0 } = {}) {
  const sent = request(`${url}/infill`, { method: 'POST', agent, headers: json });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const chunk of answer) {
    text += chunk;
    if (pauseMs > 0) await pause(pauseMs);
  }
  return { status: answer.statusCode, text };
}

async function metric(name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

const wrong = [];
const counts = { answered: 0, streamed: 0, abandoned: 0, refused: 0 };
let lines;

function expectLine(i, told) {
  if (told !== lines[i]) wrong.push({ id: i, told: told.slice(0, 300), expected: lines[i].slice(0, 300) });
}

/** What each client does with a text. Every tenth goes away, others read slowly, or send what is no request. */
const ways = {
  async plain(i) {
    const { status, text } = await answerTo(JSON.stringify(records[i]));
    if (status === 200) expectLine(i, text.trimEnd());
    else wrong.push({ id: i, status });
    counts.answered++;
  },
  async slow(i) {
    const { text } = await answerTo(JSON.stringify({ ...records[i], stream: true }), { pauseMs: 3 });
    const events = text.split('\n\n').filter((event) => event !== '');
    const done = JSON.parse(events.at(-2).slice('data: '.length));
    if (events.at(-1) !== 'data: [DONE]' || done.text !== JSON.parse(lines[i]).text)
      wrong.push({ id: i, done });
    counts.streamed++;
  },
  async gone(i) {
    const sent = request(`${url}/infill`, { method: 'POST', headers: json });
    sent.on('error', () => {});
    sent.end(JSON.stringify({ ...records[i], stream: i % 20 < 10 }));
    await pause(i % 40);
    sent.destroy();
    counts.abandoned++;
  },
  async rubbish(i) {
    const bodies = [
      '{"text": ',
      JSON.stringify({ text: 'no gap' }),
      JSON.stringify({ text: 'x'.repeat(2 ** 20) }),
      '\xff',
    ];
    const { status } = await answerTo(bodies[i % bodies.length]);
    if (status !== 400 && status !== 413) wrong.push({ id: i, status });
    counts.refused++;
  },
};

function wayOf(i) {
  if (i % 10 === 3) return ways.gone;
  if (i % 10 === 6) return ways.slow;
  return i % 20 === 9 ? ways.rubbish : ways.plain;
}

/** All texts, so many at once. @returns milliseconds of each, and of all */
async function round(way) {
  const times = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < records.length) {
        const i = next++;
        const began = performance.now();
        await way(i)(i);
        times.push(performance.now() - began);
      }
    }),
  );
  return { times: times.sort((a, b) => a - b), ms: performance.now() - started };
}

const rounded = (value) => Math.round(value * 10) / 10;
const mebibytes = async () => rounded((await metric('process_resident_memory_bytes')) / 2 ** 20);

const command = await byCommand();
lines = command.lines;
const good = () => ways.plain;
await round(good);
const memory = [await mebibytes()];
await round(wayOf);
while ((await metric('maria_lanes_taken')) + (await metric('maria_requests_running')) > 0) await pause(20);
memory.push(await mebibytes());
const { times, ms } = await round(good);
memory.push(await mebibytes());
const again = await byCommand();
const lanes = { all: await metric('maria_lanes'), taken: await metric('maria_lanes_taken') };
server.kill('SIGTERM');
agent.destroy();
const { status, stderr } = await serverOutput;
const fillMs = (command.fillMs + again.fillMs) / 2;
process.stdout.write(
  `${JSON.stringify({
    ...counts,
    wrong,
    lanes,
    memoryMiB: memory,
    p50Ms: rounded(times[Math.floor(times.length * 0.5)]),
    p95Ms: rounded(times[Math.floor(times.length * 0.95)]),
    serverMs: Math.round(ms),
    commandMs: [command.fillMs, again.fillMs],
    throughput: Math.round((100 * fillMs) / ms) / 100,
    status,
    stderr,
  })}\n`,
);
process.exitCode = wrong.length > 0 || lanes.taken > 0 || status !== 0 ? 1 : 0;
