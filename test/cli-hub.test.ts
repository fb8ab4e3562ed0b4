// maria models: against a Hub on this machine, each command a process of its own.
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { fail, sha256, testHub } from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import {
  commits,
  tinyRepository,
  weights,
} from '../packages/checkpoints/src/hub/tiny-repository.test.support.js';
import { maria, outcomeOf, startMaria } from './cli-process.js';
import { certificate, tlsHub } from './tls-hub.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-hub-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hub = await testHub();
let env: Record<string, string>;

beforeEach(() => {
  hub.seen.length = 0;
  hub.misbehave = undefined;
  hub.repositories['org/tiny'] = tinyRepository();
  env = {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: mkdtempSync(join(folder, 'home-')),
    HF_HUB_CACHE: '',
    HF_TOKEN: '',
    // The Hub of these tests needs no proxy.
    NO_PROXY: '*',
    no_proxy: '*',
  };
});

const run = (...args: string[]) => maria(['models', ...args], { env });
const snapshot = () => join(env.HF_HOME!, 'hub/models--org--tiny/snapshots', commits[0]);

test('a pull over TLS goes through the tunnels of a proxy, and trusts who NODE_EXTRA_CA_CERTS names', async () => {
  const { endpoint, proxy, tunnels, close } = await tlsHub(hub);
  try {
    env = { ...env, HF_ENDPOINT: endpoint, HTTPS_PROXY: proxy, NO_PROXY: '', no_proxy: '' };
    const distrusted = await run('pull', 'org/tiny');
    expect(distrusted).toMatchObject({ status: 4, stdout: '' });
    expect(distrusted.stderr).toContain(
      'its certificate is not trusted (NODE_EXTRA_CA_CERTS names trusted ones)',
    );
    expect(hub.seen).toEqual([]);

    const authorities = join(folder, 'authorities.pem');
    writeFileSync(authorities, certificate);
    env.NODE_EXTRA_CA_CERTS = authorities;
    expect(await run('pull', 'org/tiny')).toMatchObject({ status: 0, stdout: `${snapshot()}\n` });
    expect(readFileSync(join(snapshot(), 'model.safetensors')).equals(weights)).toBe(true);
    expect(new Set(tunnels)).toEqual(new Set(['hub.test:443', 'cdn.test:443']));
  } finally {
    close();
  }
});

test('pull, ls, info and rm, then offline', async () => {
  expect(await run('ls')).toEqual({
    status: 0,
    stdout: '',
    stderr: `There are no models in ${env.HF_HOME}/hub.\n`,
  });
  const pulled = await run('pull', 'org/tiny');
  expect(pulled).toEqual({
    status: 0,
    stdout: `${snapshot()}\n`,
    stderr: 'org/tiny: 293 KiB, 293 KiB of it downloaded\n',
  });
  expect(readFileSync(join(snapshot(), 'model.safetensors')).equals(weights)).toBe(true);

  hub.seen.length = 0;
  env.HF_HUB_OFFLINE = '1';
  expect((await run('pull', 'org/tiny')).stderr).toBe('org/tiny: 293 KiB, all of it was here\n');
  expect((await run('ls')).stdout).toBe(
    `MODEL     REVISION       SIZE\norg/tiny  main ${commits[0].slice(0, 8)}  293 KiB\n`,
  );
  const info = await run('info', 'org/tiny');
  expect(info.stdout).toMatch(/^family +olmo, OlmoForCausalLM$/m);
  expect(info.stdout).toMatch(/^licence +apache-2.0$/m);
  expect(await run('rm', 'org/tiny')).toMatchObject({
    status: 0,
    stdout: '',
    stderr: 'org/tiny: removed, 293 KiB freed\n',
  });
  expect(await run('pull', 'org/tiny')).toMatchObject({
    status: 4,
    stderr:
      'Cannot find org/tiny without the network: it is not in the cache.\nTry: Unset HF_HUB_OFFLINE and run maria models pull org/tiny\n',
  });
  expect(hub.requests()).toEqual([]);
});

const page = readFileSync(join(import.meta.dirname, '../docs/json.md'), 'utf8');

/** Names and types of the fields, and of those of the first item of a list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, shapeOf(held)]));
}

test('every command writes the JSON that docs/json.md shows', async () => {
  const json = async (command: string, ...args: string[]) => {
    const { stdout } = await run(command, ...args, '--json');
    const shown = new RegExp(`<!-- models ${command} -->\n\`\`\`json\n(.*)\n`).exec(page)?.[1] ?? '';
    expect(shapeOf(JSON.parse(stdout))).toEqual(shapeOf(JSON.parse(shown)));
    return JSON.parse(stdout);
  };
  const info = await json('info', 'org/tiny');
  expect(info).toMatchObject({
    source: 'hub',
    licence: 'apache-2.0',
    config: { modelType: 'olmo', layers: 2 },
  });
  expect(info.files).toContainEqual({ name: 'model.safetensors', size: weights.length, needed: true });
  const pulled = await json('pull', 'org/tiny');
  expect(pulled).toMatchObject({ id: 'org/tiny', revision: 'main', commit: commits[0], folder: snapshot() });
  expect(pulled.files).toContainEqual({ name: 'model.safetensors', size: weights.length });
  const { cacheFolder, models } = await json('ls');
  expect(cacheFolder).toBe(join(env.HF_HOME!, 'hub'));
  expect(models).toMatchObject([
    { id: 'org/tiny', incomplete: 0, revisions: [{ commit: commits[0], refs: ['main'] }] },
  ]);
  const removed = await json('rm', 'org/tiny');
  expect(removed).toEqual({ id: 'org/tiny', commits: [commits[0]], freed: pulled.received, remaining: 0 });
});

test('two processes download once', async () => {
  const outcomes = await Promise.all([run('pull', 'org/tiny'), run('pull', 'org/tiny')]);
  expect(outcomes.map(({ status, stdout }) => [status, stdout])).toEqual(
    Array(2).fill([0, `${snapshot()}\n`]),
  );
  expect(hub.requests(({ host }) => host === 'cdn')).toHaveLength(1);
});

test('a killed download goes on, and Ctrl-C ends one with 130', async () => {
  const part = join(env.HF_HOME!, 'hub/models--org--tiny/blobs');
  const partial = join(part, `${sha256(weights)}.incomplete`);
  const someStored = () => existsSync(partial) && statSync(partial).size > 0;
  const stopped = async (signal: NodeJS.Signals) => {
    let stall = true;
    hub.misbehave = ({ host }, response, body) => {
      if (host !== 'cdn' || !stall) return false;
      stall = false;
      response.writeHead(200, { 'content-length': body!.length });
      response.write(body!.subarray(0, 100_000));
      void vi.waitUntil(someStored, { timeout: 60_000 }).then(() => child.kill(signal));
      return true;
    };
    const child = startMaria(['models', 'pull', 'org/tiny'], { env });
    return outcomeOf(child);
  };
  expect((await stopped('SIGKILL')).status).toBeNull();
  expect(existsSync(part)).toBe(true);
  hub.misbehave = undefined;
  hub.seen.length = 0;
  expect((await run('pull', 'org/tiny')).status).toBe(0);
  expect(hub.seen.filter(({ host }) => host === 'cdn').map(({ range }) => range)).toEqual([
    expect.stringMatching(/^bytes=\d+-$/),
  ]);

  await run('rm', 'org/tiny');
  expect(await stopped('SIGINT')).toMatchObject({ status: 130, stdout: '' });
});

test('a cache without any links gets copies, which are mended too', async () => {
  const pull = (...args: string[]) =>
    maria(['models', 'pull', 'org/tiny', ...args], {
      env,
      nodeArgs: ['--require', join(import.meta.dirname, 'without-links.cjs')],
    });
  expect(await pull()).toMatchObject({ status: 0, stdout: `${snapshot()}\n` });
  const file = join(snapshot(), 'model.safetensors');
  expect(lstatSync(file).isSymbolicLink()).toBe(false);
  expect(lstatSync(file).nlink).toBe(1);
  expect(readFileSync(file).equals(weights)).toBe(true);
  expect(readdirSync(snapshot()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect((await pull('--verify')).stderr).toBe('org/tiny: 293 KiB, all of it was here\n');
  truncateSync(file, 1000);
  expect((await pull()).stderr).toContain(
    'model.safetensors in the cache is damaged: it is downloaded again.\n',
  );
  expect(readFileSync(file).equals(weights)).toBe(true);
});

test('the lowest speed of a download is a number of bytes', async () => {
  env.MARIA_MIN_SPEED = 'fast';
  expect(await run('pull', 'org/tiny')).toMatchObject({
    status: 2,
    stderr:
      'Cannot use "fast" as the lowest speed of a download (MARIA_MIN_SPEED): it is no whole number.\nTry: Set it to bytes a second, such as 1024, or to 0 for any speed.\n',
  });
});

test('Ctrl-C ends a wait for the next try', async () => {
  hub.misbehave = (_, response) => {
    response.setHeader('retry-after', '50');
    return fail(response, 429);
  };
  const child = startMaria(['models', 'pull', 'org/tiny'], { env });
  child.stderr?.once('data', () => child.kill('SIGINT'));
  const { status, stderr } = await outcomeOf(child);
  expect(status).toBe(130);
  expect(stderr).toMatch(
    /^127\.0\.0\.1:\d+ has had too many requests \(HTTP 429\) and asks to wait 50 s\. Waiting 50 s for try 2 of 5\.\nInterrupted\.\n$/,
  );
});

test('the token reaches the Hub only, and no message', async () => {
  hub.repositories['org/tiny'] = tinyRepository({ token: 'hf_secret' });
  env.HF_TOKEN = 'hf_secret';
  expect((await run('pull', 'org/tiny')).status).toBe(0);
  expect(hub.seen.some(({ host, authorization }) => host === 'cdn' && authorization !== undefined)).toBe(
    false,
  );
  await run('rm', 'org/tiny');
  env.HF_TOKEN = 'hf_other_secret';
  const { status, stderr } = await run('pull', 'org/tiny', '--debug');
  expect(status).toBe(4);
  expect(stderr).toMatch(
    /^Cannot pull org\/tiny: org\/tiny is gated, and .* has no access to it \(HTTP 403\)\.\nTry: Accept/,
  );
  expect(stderr).not.toContain('secret');
});

test.each([
  [['pull', '../x'], 2, 'Cannot use "../x" as the id of a model: it is not of the form NAME or OWNER/NAME.'],
  [['pull'], 2, 'Cannot run maria models pull: its argument id is missing.'],
  [['rm', 'org/none'], 3, 'Cannot remove org/none: it is not in the cache'],
  [['nope'], 2, 'Cannot run "maria models nope": there is no such command.'],
  [
    ['pull', 'org/none'],
    4,
    'Cannot pull org/none: org/none is gated or private, or there is no such repository (HTTP 401).',
  ],
])('models %j ends with %i', async (args, status, message) => {
  const outcome = await run(...args);
  expect([outcome.status, outcome.stdout]).toEqual([status, '']);
  expect(outcome.stderr).toContain(message);
});
