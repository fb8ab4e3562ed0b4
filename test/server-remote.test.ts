// `--server`: what a command writes with a running server, byte for byte what it writes without.
import { statSync, writeFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';
import { startServer, type TestServer } from './server-process.js';

let folder: string;
let env: Record<string, string>;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maria-run-'));
  env = { XDG_RUNTIME_DIR: folder };
  server = await startServer([], { env });
});
afterAll(async () => {
  expect((await server.stop()).status).toBe(0);
  expect(await readdir(join(folder, 'maria'))).toEqual([]);
  await rm(folder, { recursive: true });
});

const text = 'The [MASK] sat on the [MASK*3].';
const lines = `${text}\nno gap [x]\n\\[MASK]\nA [MASK*0] b\n\n${'long '.repeat(3000)}[MASK]\nlast [MASK]`;
const records = [{ id: 1, text, temperature: 9 }, { id: 2 }, { text, seed: 4 }, { ids: [430, 6, 900, 20] }]
  .map((record) => JSON.stringify(record))
  .join('\n');

const cases: [args: string[], input: string][] = [
  [['infill'], lines],
  [['infill', '--json', '-n', '2', '--seed', '3', '-a', '2'], lines],
  [['infill', '--jsonl', '--top-k', '50', '--seed', '1'], records],
  [['infill', '--events', '--speculate', 'off', '--seed', '2'], lines],
  [['infill', '--system', 'ar', '--window', '64', '--seed', '2'], lines],
  [['score', '--mask-rate', '0.4', '--tokens', '-'], 'The dog sat on the mat.\n\nA cat.\n'],
  [['score'], '{"ids":[430,1182,900,20],"masked":[1],"more":1}\n{"text":"x"}\n'],
];
test.each(cases)('%j writes the same bytes and says the same', async (args, input) => {
  const where = args[0] === 'score' ? server.url : 'auto';
  const served = await maria([...args, '--server', where], { input, env });
  expect(served).toEqual(await maria(args, { input, env }));
});

test('nothing native is loaded', async () => {
  const told = join(folder, 'loaded.json');
  const code = `import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.report.getReport().sharedObjects)));`;
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
  const native = async (flags: string[]) => {
    expect((await maria(['infill', ...flags, text], { env, nodeArgs })).status).toBe(0);
    const objects = JSON.parse(await readFile(told, 'utf8')) as string[];
    return objects.filter((path) => /\.node$|onnxruntime/.test(path));
  };
  expect(await native(['--server', 'auto'])).toEqual([]);
  expect((await native([])).length).toBeGreaterThan(0);
});

test('only the same user may connect, and a folder of others is not trusted', async () => {
  const [socket] = await readdir(join(folder, 'maria'));
  expect(statSync(join(folder, 'maria')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'maria', socket!)).mode & 0o777).toBe(0o600);
  const open = join(folder, 'open');
  await mkdir(join(open, 'maria'), { recursive: true });
  await chmod(join(open, 'maria'), 0o777);
  const linked = join(folder, 'linked');
  await mkdir(linked);
  await symlink(join(folder, 'maria'), join(linked, 'maria'));
  for (const XDG_RUNTIME_DIR of [open, linked]) {
    const { status, stdout, stderr } = await maria(['infill', '--server', 'auto', text], {
      env: { XDG_RUNTIME_DIR },
    });
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toContain('others may write in it');
  }
});

describe('a server that does not fit', () => {
  const without =
    'The server that runs has another model, or is of another version: the model is loaded here.\n';

  test('another model is passed by, and said so; a URL is refused', async () => {
    const flags = ['--quantize', 'int8'];
    const alone = await maria(['infill', ...flags, text], { env });
    const served = await maria(['infill', '--server', 'auto', ...flags, text], { env });
    expect(served).toEqual({ ...alone, stderr: without });
    const refused = await maria(['infill', '--server', server.url, ...flags, text], { env });
    expect([refused.status, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain('it has another model, or the same in another way (maria-tiny).');
  });

  test('a folder whose files have changed is another model', async () => {
    const model = join(folder, 'model');
    await cp(fileURLToPath(new URL('../models/tiny', import.meta.url)), model, { recursive: true });
    const other = await startServer(['--model', model], { env });
    const infill = () => maria(['infill', '--server', 'auto', '--model', model, text], { env });
    expect((await infill()).stderr).toBe('');
    writeFileSync(join(model, 'README.md'), 'changed');
    expect((await infill()).stderr).toBe(without);
    await other.stop();
  });

  test('none at all is said too, and a dead socket is none', async () => {
    const own = { XDG_RUNTIME_DIR: join(folder, 'own') };
    await mkdir(own.XDG_RUNTIME_DIR);
    const none = 'No server runs: the model is loaded here.\n';
    const infill = () => maria(['infill', '--server', 'auto', text], { env: own });
    expect((await infill()).stderr).toBe(none);
    const killed = await startServer([], { env: own });
    killed.child.kill('SIGKILL');
    await new Promise((resolve) => killed.child.once('close', resolve));
    expect((await infill()).stderr).toBe(none);
    const again = await startServer([], { env: own });
    expect((await infill()).stderr).toBe('');
    await again.stop();
    const { status, stderr } = await maria(['infill', '--server', again.url, text], { env: own });
    expect([status, stderr.split('\n')[0]]).toEqual([
      3,
      `Cannot use the server: nobody answers on ${again.url}.`,
    ]);
  });

  test('one that is killed ends the run, and what was written stays', async () => {
    const doomed = await startServer(['--batch', '1'], { env: { XDG_RUNTIME_DIR: join(folder, 'doomed') } });
    const input = `${JSON.stringify({ text })}\n${JSON.stringify({ text: `x [MASK*400]` })}\n`.repeat(200);
    const running = maria(['infill', '--jsonl', '--server', doomed.url], { input, env });
    await doomed.untilMetric('maria_requests_running', 2);
    while (((await doomed.metrics()).get('maria_texts_filled_total') ?? 0) < 2);
    doomed.child.kill('SIGKILL');
    const { status, stdout, stderr } = await running;
    expect([status, stderr.split('\n')[0]]).toEqual([5, 'Cannot go on: the server went away.']);
    for (const record of recordsIn(stdout)) expect(record).toHaveProperty('masked');
  });
});
