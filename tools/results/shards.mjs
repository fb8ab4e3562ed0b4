// What several processes on one machine give: the same texts in one process with all threads, and in 1, 2, 4 and 8 shards at once of one thread.
//   node tools/results/shards.mjs [--texts 400]
// Joined, their output has to be that of one process. Writes a JSON object a line: seconds, those of the processor, the memory of a process.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { texts: { type: 'string', default: '400' } } });
const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-shards-'));
const told =
  'process.once("exit", () => { const { user, system } = process.cpuUsage();' +
  ' require("fs").writeFileSync(process.env.USAGE, JSON.stringify({ cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS / 1024 })); });';
writeFileSync(join(folder, 'usage.cjs'), told);

const words = readFileSync(new URL('text/stories.txt', import.meta.url), 'utf8')
  .split(/\s+/)
  .filter(Boolean);
const lines = Array.from({ length: Number(values.texts) }, (_, i) => {
  const start = (i * 24) % (words.length - 24);
  return words
    .slice(start, start + 24)
    .map((word, k) => (k % 6 === 3 ? '[MASK]' : word))
    .join(' ');
});
const input = `${lines.join('\n')}\n`;

const write = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);

function shard(number, of, { text = input, threads = 1 } = {}) {
  const usage = join(folder, `${number}.json`);
  const args = [
    '--require',
    join(folder, 'usage.cjs'),
    bin,
    'infill',
    '--seed',
    '7',
    '--threads',
    String(threads),
    '--shard',
    `${number}/${of}`,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, USAGE: usage },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(text);
  return new Promise((resolve) => {
    const parts = [];
    child.stdout.on('data', (part) => parts.push(part));
    child.once('close', () =>
      resolve({
        lines: Buffer.concat(parts).toString().split('\n').slice(0, -1),
        ...JSON.parse(readFileSync(usage, 'utf8')),
      }),
    );
  });
}

async function shards(of, threads) {
  const started = performance.now();
  const done = await Promise.all(Array.from({ length: of }, (_, i) => shard(i + 1, of, { threads })));
  const seconds = (performance.now() - started) / 1000;
  const joined = lines.map((_, i) => done[i % of].lines[Math.floor(i / of)]);
  const cpu = done.reduce((sum, { cpu }) => sum + cpu, 0);
  const rss = Math.max(...done.map(({ rss }) => rss));
  return { shards: of, threads, seconds, cpu, rssMiB: rss, joined };
}

const rounded = (number) => Math.round(number * 100) / 100;
// Files are in memory then, for all of them.
await shard(1, 1, { text: `${lines[0]}\n` });
const { cpu: start } = await shard(1, 1, { text: `${lines[0]}\n` });
write({ cores: availableParallelism(), texts: lines.length, startCpuSeconds: rounded(start) });
let whole;
for (const [of, threads] of [
  [1, availableParallelism()],
  [1, 1],
  [2, 1],
  [4, 1],
  [8, 1],
]) {
  const { joined, ...figures } = await shards(of, threads);
  whole ??= joined;
  if (joined.some((line, i) => line !== whole[i]))
    throw new Error(`${of} shards give other texts than one process`);
  const each = Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, rounded(figure)]));
  write({
    ...each,
    textsPerSecond: rounded(lines.length / figures.seconds),
    cpuMsPerText: rounded((1000 * (figures.cpu - of * start)) / lines.length),
  });
}
rmSync(folder, { recursive: true });
