// What a shell loop of calls costs with a running server and without one, in turns:
//   node tools/serve/calls.mjs [--calls 200]
// Each call fills another text; both ways must write the same bytes. Writes one JSON object with milliseconds a call.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { calls: { type: 'string', default: '200' } } });
const bin = fileURLToPath(new URL('../../packages/cli/bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-calls-'));
const env = { ...process.env, XDG_RUNTIME_DIR: folder };
const server = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise((resolve) => server.stdout.once('data', resolve));

function call(flags, i) {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [bin, 'infill', '--seed', String(i), ...flags, `The [MASK] sat on the [MASK*3] ${i} times.`],
    { env, encoding: 'utf8' },
  );
  if (status !== 0 || stderr !== '') throw new Error(stderr);
  return { ms: performance.now() - started, stdout };
}

const times = { server: [], alone: [] };
let same = 0;
for (let i = 0; i < Number(values.calls); i++) {
  const served = call(['--server', 'auto'], i);
  const alone = call([], i);
  times.server.push(served.ms);
  times.alone.push(alone.ms);
  if (served.stdout === alone.stdout) same++;
}
server.kill('SIGTERM');
await new Promise((resolve) => server.once('close', resolve));
rmSync(folder, { recursive: true });
const told = (list) => {
  const sorted = list.toSorted((a, b) => a - b);
  return {
    medianMs: Math.round(sorted[Math.floor(sorted.length / 2)]),
    totalSeconds: Math.round(list.reduce((sum, one) => sum + one, 0) / 100) / 10,
  };
};
process.stdout.write(
  `${JSON.stringify({ calls: times.server.length, same, server: told(times.server), alone: told(times.alone) })}\n`,
);
process.exitCode = same === times.server.length ? 0 : 1;
