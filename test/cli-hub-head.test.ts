// A head that is trained for models of the Hub finds them again by id and revision, and is itself a repository that is loaded by id.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type TestHub,
  type TestRepository,
  testHub,
} from '../packages/checkpoints/src/hub/hub-server.test.support.js';
import { maria, recordsIn } from './cli-process.js';
import { familyGoldens, goldenFolder } from './golden-files.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-hub-head-'));
afterAll(() => rmSync(folder, { recursive: true }));

const decoder = 'jhu-clsp/ettin-decoder-17m';
const encoder = 'jhu-clsp/ettin-encoder-17m';
const revisions = { ar: 'c'.repeat(40), mlm: 'd'.repeat(40), head: 'e'.repeat(40) };
const text = 'A little [MASK] went to the [MASK].';

function filesOf(from: string): Record<string, Uint8Array> {
  const names = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(names.map(({ name }) => [name, readFileSync(join(from, name))]));
}

const repository = (files: Record<string, Uint8Array>, commit: string): TestRepository => ({
  refs: { main: commit },
  commits: { [commit]: files },
});

const model = (name: string) => `${goldenFolder}${familyGoldens}models/${name}`;

/** A Hub with the two models; the machine is one that has never seen them. */
async function hubOfPair() {
  const hub = await testHub();
  hub.repositories[decoder] = repository(filesOf(model('modernbert_decoder')), revisions.ar);
  hub.repositories[encoder] = repository(filesOf(model('modernbert')), revisions.mlm);
  return { hub, env: machine(hub) };
}

const machine = (hub: TestHub) => ({
  HF_ENDPOINT: hub.endpoint,
  HF_HOME: mkdtempSync(join(folder, 'home-')),
  HF_HUB_CACHE: '',
  HF_TOKEN: '',
});

const fill = (head: string, env: Readonly<Record<string, string>>) =>
  maria(['infill', '--model', head, text], { env });

/** The head, trained on a machine that is gone afterwards. */
const head = join(folder, 'moved', 'head');
let expected: Awaited<ReturnType<typeof maria>>;

beforeAll(async () => {
  const { hub, env } = await hubOfPair();
  const data = join(folder, 'story.txt');
  writeFileSync(data, 'The king and the queen went to the sea in a small boat.\n'.repeat(40));
  const trained = join(folder, 'trained');
  const flags = ['--steps', '3', '--batch', '2', '--window', '24', '--lr', '0.01', '--eval-data', data];
  const run = await maria(['train', '--model', 'ettin-17m', '--data', data, '--out', trained, ...flags], {
    env,
  });
  expect(run.status, run.stderr).toBe(0);
  const requests = hub.seen.length;
  expected = await fill(trained, { ...env, HF_HUB_OFFLINE: '1' });
  expect(expected).toMatchObject({ status: 0, stderr: '' });
  expect(hub.seen).toHaveLength(requests);
  mkdirSync(join(folder, 'moved'));
  renameSync(trained, head);
  rmSync(env.HF_HOME, { recursive: true });
});

test('its config tells the ids of the models and the revisions that were downloaded', () => {
  const config = JSON.parse(readFileSync(join(head, 'config.json'), 'utf8'));
  expect(config.ar).toMatchObject({ id: decoder, revision: revisions.ar, fingerprint: expect.any(String) });
  expect(config.mlm).toMatchObject({ id: encoder, revision: revisions.mlm, fingerprint: expect.any(String) });
});

test('on another machine the models are downloaded at these revisions, and found without the Hub afterwards', async () => {
  const { hub, env } = await hubOfPair();
  const newer = { [revisions.ar]: filesOf(model('modernbert_decoder')), ['f'.repeat(40)]: {} };
  hub.repositories[decoder] = { refs: { main: 'f'.repeat(40) }, commits: newer };
  const first = await fill(head, env);
  expect(first.stderr).toBe('');
  expect(first.stdout).toBe(expected.stdout);
  const requests = hub.seen.length;
  expect(requests).toBeGreaterThan(0);
  expect(await fill(head, { ...env, HF_HUB_OFFLINE: '1' })).toEqual(expected);
  expect(hub.seen).toHaveLength(requests);
  const offline = await fill(head, { ...machine(hub), HF_HUB_OFFLINE: '1' });
  expect(offline).toMatchObject({ status: 3, stdout: '' });
  expect(offline.stderr).toContain(`${decoder}@${revisions.ar} of the Hugging Face Hub (`);
});

test('a revision that is gone and weights that are others are refused, with both named', async () => {
  const gone = await hubOfPair();
  gone.hub.repositories[encoder] = repository(filesOf(model('modernbert')), 'f'.repeat(40));
  const missing = await fill(head, gone.env);
  expect(missing).toMatchObject({ status: 3, stdout: '' });
  expect(missing.stderr).toMatch(
    new RegExp(
      `^Cannot load the MARIA model in .*head: its MLM is not where it was looked for: .*${encoder}@${revisions.mlm} of the Hugging Face Hub \\(.*${revisions.mlm}`,
    ),
  );

  const other = await hubOfPair();
  const files = filesOf(model('modernbert_decoder'));
  const weights = Uint8Array.from(files['model.safetensors']!);
  const flipped = Buffer.from(weights).readBigUInt64LE(0);
  // One number of the first tensor.
  weights[8 + Number(flipped) + 1]! ^= 1;
  other.hub.repositories[decoder] = repository({ ...files, 'model.safetensors': weights }, revisions.ar);
  const changed = await fill(head, other.env);
  expect(changed).toMatchObject({ status: 3, stdout: '' });
  expect(changed.stderr).toContain(
    `${decoder}@${revisions.ar} of the Hugging Face Hub (it has other weights than the head was trained on)`,
  );
});

test('published as docs/training.md tells, it is loaded by its id: head and both models, once', async () => {
  const published = join(folder, 'published');
  cpSync(head, published, { recursive: true });
  const config = JSON.parse(readFileSync(join(published, 'config.json'), 'utf8'));
  for (const part of ['ar', 'mlm']) {
    config[part].path = part;
    delete config[part].absolute_path;
  }
  const { hub, env } = await hubOfPair();
  hub.repositories['me/ettin-17m-maria'] = repository(
    {
      ...filesOf(published),
      'config.json': Buffer.from(JSON.stringify(config)),
      'README.md': Buffer.from('---\nlicense: mit\nlibrary_name: maria\n---\n'),
      'train.py': Buffer.from('never read'),
    },
    revisions.head,
  );
  const pulled = await fill('me/ettin-17m-maria', env);
  expect(pulled.stderr).toBe('');
  expect(pulled.stdout).toBe(expected.stdout);
  const downloads = hub.requests(({ method, path }) => method === 'GET' && path.includes('/resolve/'));
  for (const id of [decoder, encoder, 'me/ettin-17m-maria'])
    expect(downloads.some((request) => request.includes(`${id}/resolve/`))).toBe(true);
  expect(downloads.filter((request) => /train\.py|metrics|loss|state\//.test(request))).toEqual([]);
  const requests = hub.seen.length;
  expect(await fill('me/ettin-17m-maria', { ...env, HF_HUB_OFFLINE: '1' })).toEqual(expected);
  expect(hub.seen).toHaveLength(requests);

  const puller = machine(hub);
  const listed = await maria(['models', 'pull', 'me/ettin-17m-maria', '--json'], { env: puller });
  expect(listed.status, listed.stderr).toBe(0);
  const records = recordsIn<{ id: string; commit: string }>(listed.stdout);
  expect(records.map(({ id, commit }) => [id, commit])).toEqual([
    ['me/ettin-17m-maria', revisions.head],
    [decoder, revisions.ar],
    [encoder, revisions.mlm],
  ]);
  expect(await fill('me/ettin-17m-maria', { ...puller, HF_HUB_OFFLINE: '1' })).toEqual(expected);
});
