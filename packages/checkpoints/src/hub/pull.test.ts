// Pulling and resolving models: cache layout, requests made, tokens, refusals, and broken or partial caches.
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataError, NetworkError, UsageError } from '@maria/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { rawSafetensors, temporaryFolder } from '../weights/raw-files.test.support.js';
import { send, sha256, testHub } from './hub-server.test.support.js';
import { type PullOptions, pullModel } from './pull.js';
import type { PullProgress } from './pull-progress.js';
import { removeModel } from './remove.js';
import { resolveModel } from './resolve.js';
import {
  commits,
  impatient,
  shardedFiles,
  tinyFiles,
  tinyRepository,
  tinyTokenizer,
  weights,
} from './tiny-repository.test.support.js';

const folder = temporaryFolder();
const hub = await testHub();
let cache = '';
let options: PullOptions;

beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  hub.seen.length = 0;
  hub.misbehave = undefined;
  hub.repositories['org/tiny'] = tinyRepository();
  options = { endpoint: hub.endpoint, cacheFolder: cache, env: {}, patience: impatient() };
});

const neededNames = ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json'];

describe('a damaged file in the cache', () => {
  const truncate = (path: string) => truncateSync(path, 20);
  const flip = (at: number) => (path: string) => {
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.of(1), 0, 1, at);
    closeSync(file);
  };

  it.each([
    ['model.safetensors', truncate],
    ['model.safetensors', flip(30)],
    ['tokenizer.json', truncate],
    ['tokenizer.json', flip(30)],
    ['config.json', truncate],
  ])('is mended: %s', async (file, damage) => {
    const path = join((await pullModel('org/tiny', options)).folder, file);
    const notes: string[] = [];
    const onNote = (note: string) => void notes.push(note);
    for (const revision of ['main', commits[0]]) {
      damage(path);
      await pullModel(`org/tiny@${revision}`, { ...options, onNote });
      expect(readFileSync(path).equals(tinyFiles()[file]!)).toBe(true);
    }
    expect(notes).toEqual(Array(2).fill(`${file} in the cache is damaged: it is downloaded again.`));
    damage(path);
    await expect(pullModel('org/tiny', { ...options, offline: true })).rejects.toThrow(
      `Cannot find org/tiny without the network: ${file} in the cache is damaged.`,
    );
  });

  it('is found in large weights by their length, and by their hash when asked', async () => {
    const length = 2 ** 26;
    const header = JSON.stringify({ a: { dtype: 'U8', shape: [length], data_offsets: [0, length] } });
    const large = rawSafetensors(header, new Uint8Array(length));
    hub.repositories['org/tiny'] = tinyRepository({
      commits: { [commits[0]]: tinyFiles({ 'model.safetensors': large }) },
    });
    const path = join((await pullModel('org/tiny', options)).folder, 'model.safetensors');
    flip(large.length - 1)(path);
    expect((await pullModel('org/tiny', options)).received).toBe(0);
    expect((await pullModel('org/tiny', { ...options, verify: true })).received).toBe(large.length);
    truncateSync(path, length);
    expect((await pullModel(`org/tiny@${commits[0]}`, options)).received).toBe(large.length);
  });
});

describe('the tokenizer of a model alone', () => {
  const only = () => ({ ...options, tokenizerOnly: true });
  const asked = () => hub.requests(({ path }) => path.includes('model.safetensors'));

  it('is brought without weights, and is enough for whoever asks for it again', async () => {
    const { files, folder: path } = await pullModel('org/tiny', only());
    expect(files.map(({ name }) => name).sort()).toEqual(['README.md', 'config.json', 'tokenizer.json']);
    expect(asked()).toEqual([]);
    hub.seen.length = 0;
    expect(await resolveModel('org/tiny', only())).toBe(path);
    expect(await resolveModel('org/tiny', { ...only(), offline: true })).toBe(path);
    expect(hub.seen).toEqual([]);
    await expect(resolveModel('org/tiny', { ...options, offline: true })).rejects.toThrow(
      'the cache lacks the .safetensors weights',
    );
    expect(await resolveModel('org/tiny', options)).toBe(path);
    expect(asked()).not.toEqual([]);
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('need not have weights beside it', async () => {
    const { 'model.safetensors': _, ...files } = tinyFiles();
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: files } });
    expect((await pullModel('org/tiny', only())).received).toBeGreaterThan(0);
    const { 'tokenizer.json': __, ...none } = files;
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: none } });
    await expect(pullModel('org/tiny', only())).rejects.toThrow('it has no tokenizer.json');
  });
});

describe('pullModel', () => {
  it('lays the needed files out as all tools of the Hub do', async () => {
    const pulled = await pullModel('org/tiny', options);
    const root = join(cache, 'models--org--tiny');
    expect(pulled).toMatchObject({
      id: 'org/tiny',
      revision: 'main',
      commit: commits[0],
      folder: join(root, 'snapshots', commits[0]),
    });
    expect(readdirSync(pulled.folder).sort()).toEqual(neededNames);
    expect(pulled.files.map(({ name }) => name).sort()).toEqual(neededNames);
    expect(pulled.received).toBe(pulled.files.reduce((sum, { size }) => sum + size, 0));
    expect(readFileSync(join(root, 'refs', 'main'), 'utf8')).toBe(commits[0]);
    expect(readlinkSync(join(pulled.folder, 'model.safetensors'))).toBe(`../../blobs/${sha256(weights)}`);
    expect(readFileSync(join(pulled.folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readdirSync(join(root, 'blobs')).filter((name) => name.endsWith('.incomplete'))).toEqual([]);
    for (const name of ['modeling_tiny.py', 'pytorch_model.bin'])
      expect(hub.requests().filter((request) => request.includes(name))).toEqual([]);
  });

  it('asks only whether a branch has moved when all is there, and nothing at all for a commit', async () => {
    await pullModel('org/tiny', options);
    hub.seen.length = 0;
    expect((await pullModel('org/tiny', options)).received).toBe(0);
    expect(hub.requests()).toEqual(['GET /api/models/org/tiny/revision/main']);
    hub.seen.length = 0;
    const again = await pullModel(`org/tiny@${commits[0]}`, options);
    expect(again.files.map(({ name }) => name)).toEqual(neededNames);
    expect(hub.requests()).toEqual([]);
  });

  it('keeps apart files and commits that a server gives the same ETag', async () => {
    hub.repositories['org/tiny'] = tinyRepository({
      refs: { main: commits[0], next: commits[1] },
      commits: {
        [commits[0]]: tinyFiles(),
        [commits[1]]: tinyFiles({ 'tokenizer.json': tinyTokenizer('b') }),
      },
    });
    hub.misbehave = (seen, response) => {
      const [, commit = '', name = ''] = /\/resolve\/(\w+)\/(.+)$/.exec(seen.path) ?? [];
      const body = hub.repositories['org/tiny']!.commits[commit]?.[name];
      response.setHeader('etag', '"same"');
      return body !== undefined && send(seen, response, body);
    };
    const notes: string[] = [];
    const one = await pullModel('org/tiny', { ...options, onNote: (note) => void notes.push(note) });
    const two = await pullModel('org/tiny@next', options);
    expect(readFileSync(join(one.folder, 'tokenizer.json'))).toEqual(tinyTokenizer('a'));
    expect(readFileSync(join(two.folder, 'tokenizer.json'))).toEqual(tinyTokenizer('b'));
    expect(readFileSync(join(two.folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(notes).toEqual([
      expect.stringMatching(
        /^127\.0\.0\.1:\d+ gives no hash of config\.json, README\.md, tokenizer\.json and 1 more: what arrived could not be checked\.$/,
      ),
    ]);
    // Nothing but sizes tells such files from damaged ones.
    expect((await pullModel('org/tiny', options)).received).toBe(0);
    truncateSync(join(one.folder, 'model.safetensors'), 1000);
    expect((await pullModel('org/tiny', options)).received).toBe(weights.length);
  });

  it('follows a branch, brings only what has changed, and keeps the old commit', async () => {
    const old = await pullModel('org/tiny', options);
    hub.repositories['org/tiny'] = tinyRepository({
      refs: { main: commits[1], 'refs/pr/1': commits[0] },
      commits: {
        [commits[0]]: tinyFiles(),
        [commits[1]]: tinyFiles({ 'tokenizer.json': tinyTokenizer('b') }),
      },
    });
    const moved = await pullModel('org/tiny', options);
    expect(moved.commit).toBe(commits[1]);
    expect(moved.received).toBe(tinyTokenizer('b').length);
    expect(readFileSync(join(old.folder, 'tokenizer.json'))).toEqual(tinyTokenizer('a'));
    expect((await pullModel('org/tiny@refs/pr/1', options)).commit).toBe(commits[0]);
    expect(readFileSync(join(cache, 'models--org--tiny/refs/refs/pr/1'), 'utf8')).toBe(commits[0]);
  });

  it('brings the shards that an index names', async () => {
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: shardedFiles() } });
    const { files } = await pullModel('org/tiny', options);
    expect(files.map(({ name }) => name).filter((name) => name.includes('safetensors'))).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
  });

  it('brings pytorch_model.bin where there is nothing else, and asks again where the cache has one that cannot be read', async () => {
    const { 'model.safetensors': _, ...rest } = tinyFiles();
    const asWritten = { ...rest, 'pytorch_model.bin': Buffer.from('PK\x03\x04 and so on') };
    const repository = (files: typeof rest) => tinyRepository({ commits: { [commits[0]]: files } });
    hub.repositories['org/tiny'] = repository(asWritten);
    const { files, folder } = await pullModel('org/tiny', options);
    expect(files.map(({ name }) => name)).toContain('pytorch_model.bin');
    hub.seen.length = 0;
    expect(await resolveModel('org/tiny', options)).toBe(folder);
    expect(hub.requests()).toEqual([]);

    await removeModel('org/tiny', options);
    hub.repositories['org/tiny'] = repository(rest);
    await pullModel('org/tiny', options);
    hub.repositories['org/tiny'] = tinyRepository();
    await resolveModel('org/tiny', options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('tells how far it is, file by file and in all', async () => {
    const told: PullProgress[] = [];
    const { files, received } = await pullModel('org/tiny', {
      ...options,
      onProgress: (progress) => told.push(progress),
    });
    for (const { name, size } of files)
      expect(told.filter(({ file }) => file === name).at(-1)).toMatchObject({ received: size, total: size });
    expect(told.at(-1)!.all).toEqual({ received, total: received });
    const large = told
      .filter(({ file }) => file === 'model.safetensors')
      .map((progress) => progress.received);
    expect(large.length).toBeGreaterThan(1);
    expect(large).toEqual([...large].sort((a, b) => a - b));
  });

  it('sends the token to the Hub and never to the CDN', async () => {
    hub.repositories['org/tiny'] = tinyRepository({ token: 'hf_secret' });
    await pullModel('org/tiny', { ...options, env: { HF_TOKEN: 'hf_secret' } });
    const authorized = (host: string) =>
      new Set(hub.seen.filter((seen) => seen.host === host).map((seen) => seen.authorization));
    expect(authorized('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(authorized('cdn')).toEqual(new Set([undefined]));
  });

  it('says what a gated repository wants, without showing the token', async () => {
    hub.repositories['org/tiny'] = tinyRepository({ token: 'hf_right' });
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'access-denied',
      exitStatus: 4,
      message: 'Cannot pull org/tiny: org/tiny is gated (HTTP 401).',
      try: expect.stringMatching(/Accept its conditions on http.*\/org\/tiny, .*HF_TOKEN/),
    });
    const denied = await pullModel('org/tiny', { ...options, token: 'hf_wrong' }).catch((error) => error);
    expect(denied).toBeInstanceOf(NetworkError);
    expect(denied.message).toMatch(/the account of the access token has no access to it \(HTTP 403\)/);
    expect(JSON.stringify([denied.message, denied.try, denied.stack])).not.toContain('hf_wrong');
  });

  it('says that a repository or a revision does not exist', async () => {
    await expect(pullModel('org/none', options)).rejects.toMatchObject({
      code: 'access-denied',
      message:
        'Cannot pull org/none: org/none is gated or private, or there is no such repository (HTTP 401).',
    });
    await expect(pullModel('org/none', { ...options, token: 'hf_x' })).rejects.toMatchObject({
      code: 'not-found',
      exitStatus: 4,
      message: 'Cannot pull org/none: there is no such repository (HTTP 404).',
    });
    await expect(pullModel('org/tiny@v9', options)).rejects.toThrow(
      /org\/tiny@v9: the repository has no such revision/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says that a repository holds no model that it can read', async () => {
    const {
      'model.safetensors': _,
      'pytorch_model.bin': __,
      ...rest
    } = tinyFiles({ 'flax_model.msgpack': weights });
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: rest } });
    await expect(pullModel('org/tiny', options)).rejects.toThrow(
      /no .safetensors weights and no pytorch_model.bin, only others such as "flax_model.msgpack"/,
    );
    hub.repositories['org/tiny'] = tinyRepository({
      commits: { [commits[0]]: { 'model.safetensors': weights } },
    });
    await expect(pullModel('org/tiny', options)).rejects.toThrow(DataError);
  });

  it.each([
    '../../../evil.safetensors',
    '/evil.safetensors',
    'a\\..\\evil.safetensors',
    'C:evil.safetensors',
  ])('does not write where the file name %s leads', async (evil) => {
    const { 'model.safetensors': _, 'pytorch_model.bin': __, ...rest } = tinyFiles({ [evil]: weights });
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: rest } });
    await expect(pullModel('org/tiny', options)).rejects.toThrow();
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('evil'))).toEqual(
      [],
    );
  });

  it('says that the disk is too small before it downloads', async () => {
    hub.misbehave = ({ method, path }, response) => {
      if (method !== 'HEAD' || !path.endsWith('.safetensors')) return false;
      response.setHeader('x-linked-etag', 'f'.repeat(64)).setHeader('x-linked-size', String(2 ** 49));
      response.writeHead(302, { location: '/' }).end();
      return true;
    };
    await expect(pullModel('org/tiny', options)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/it needs 524288\.0 GiB in .*, where [\d.]+ [MG]iB are free/),
    });
  });

  it('brings again what is broken in the cache', async () => {
    const { folder: snapshot } = await pullModel('org/tiny', options);
    const blob = join(cache, 'models--org--tiny/blobs', sha256(weights));
    writeFileSync(blob, weights.subarray(0, 10));
    unlinkSync(join(snapshot, 'model.safetensors'));
    expect((await pullModel('org/tiny', options)).received).toBe(weights.length);
    expect(readFileSync(join(snapshot, 'model.safetensors')).equals(weights)).toBe(true);
  });
});

describe('resolveModel', () => {
  it('gives folders back, and says so where there is none', async () => {
    expect(await resolveModel(folder, options)).toBe(folder);
    await expect(resolveModel(folder, { ...options, revision: 'v1' })).rejects.toThrow(UsageError);
    await expect(resolveModel('./no/such/folder', options)).rejects.toThrow(/there is no such folder/);
    for (const token of ['hf_x', ''])
      await expect(resolveModel('org/none', { ...options, token })).rejects.toThrow(
        /Nor is there a folder "org\/none"/,
      );
  });

  it('makes no request for what is in the cache, online or offline', async () => {
    const { folder: snapshot } = await pullModel('org/tiny', options);
    hub.seen.length = 0;
    for (const offline of [false, true])
      for (const text of ['org/tiny', 'org/tiny@main', `org/tiny@${commits[0]}`])
        expect(await resolveModel(text, { ...options, offline })).toBe(snapshot);
    expect((await pullModel('org/tiny', { ...options, env: { HF_HUB_OFFLINE: '1' } })).folder).toBe(snapshot);
    expect(hub.requests()).toEqual([]);
  });

  it('pulls what is not there, unless it is offline', async () => {
    await expect(resolveModel('org/tiny', { ...options, offline: true })).rejects.toMatchObject({
      code: 'offline',
      exitStatus: 4,
      message: 'Cannot find org/tiny without the network: it is not in the cache.',
    });
    expect(hub.requests()).toEqual([]);
    expect(readdirSync(await resolveModel('org/tiny', options)).sort()).toEqual(neededNames);
  });

  it('does not take a part of a model for the whole', async () => {
    hub.repositories['org/tiny'] = tinyRepository({ commits: { [commits[0]]: shardedFiles() } });
    const { folder: snapshot } = await pullModel('org/tiny', options);
    const offline = { ...options, offline: true };
    const shard = 'model-00002-of-00002.safetensors';
    const link = readlinkSync(join(snapshot, shard));
    rmSync(join(snapshot, link));
    expect(lstatSync(join(snapshot, shard)).isSymbolicLink()).toBe(true);
    await expect(resolveModel('org/tiny', offline)).rejects.toThrow(`the cache lacks ${shard}`);
    expect(await resolveModel('org/tiny', options)).toBe(snapshot);
    rmSync(join(snapshot, 'config.json'));
    await expect(resolveModel('org/tiny', offline)).rejects.toThrow(/the cache lacks config.json/);
    expect(await resolveModel('org/tiny', options)).toBe(snapshot);
  });
});
