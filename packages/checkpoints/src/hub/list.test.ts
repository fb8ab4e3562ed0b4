// Models in the cache: listed, removed without harm to others, and described from the Hub, the cache or a folder.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataError } from '@maria/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { testHub } from './hub-server.test.support.js';
import { modelInfo } from './info.js';
import { listModels } from './list.js';
import { type PullOptions, pullModel } from './pull.js';
import { removeModel } from './remove.js';
import {
  commits,
  impatient,
  tinyFiles,
  tinyRepository,
  tinyTokenizer,
  weights,
} from './tiny-repository.test.support.js';

const folder = temporaryFolder();
const hub = await testHub();
let cache = '';
let options: PullOptions;

const newTokenizer = tinyTokenizer('b');

beforeEach(async () => {
  cache = mkdtempSync(join(folder, 'cache-'));
  hub.repositories.tiny = tinyRepository();
  hub.repositories['org/tiny'] = tinyRepository({
    refs: { main: commits[1], 'refs/pr/1': commits[0] },
    commits: { [commits[0]]: tinyFiles(), [commits[1]]: tinyFiles({ 'tokenizer.json': newTokenizer }) },
  });
  options = { endpoint: hub.endpoint, cacheFolder: cache, env: {}, patience: impatient() };
});

const sizeOfTiny = ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json'].reduce(
  (sum, name) => sum + tinyFiles()[name]!.length,
  0,
);

describe('listModels', () => {
  it('is empty where there is no cache', async () => {
    expect(await listModels({ cacheFolder: join(cache, 'none') })).toEqual([]);
    writeFileSync(join(cache, 'file'), '');
    await expect(listModels({ cacheFolder: join(cache, 'file') })).rejects.toThrow(DataError);
  });

  it('tells models, revisions with their branches, and sizes', async () => {
    await pullModel('org/tiny@refs/pr/1', options);
    await pullModel('org/tiny', options);
    await pullModel('tiny', options);
    const models = await listModels(options);
    expect(models.map(({ id, size }) => [id, size])).toEqual([
      ['org/tiny', sizeOfTiny + newTokenizer.length],
      ['tiny', sizeOfTiny],
    ]);
    const { revisions } = models[0]!;
    expect(Object.fromEntries(revisions.map(({ commit, refs }) => [commit, refs]))).toEqual({
      [commits[0]]: ['refs/pr/1'],
      [commits[1]]: ['main'],
    });
    expect(revisions.find(({ commit }) => commit === commits[0])).toMatchObject({
      size: sizeOfTiny,
      missing: undefined,
    });
  });

  it('tells what is not whole, and leaves out what is no model', async () => {
    const root = join(cache, 'models--org--part');
    const snapshot = join(root, 'snapshots', commits[0]);
    mkdirSync(join(root, 'blobs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(root, 'blobs', 'abc.incomplete'), 'half');
    symlinkSync('../../blobs/gone', join(snapshot, 'config.json'));
    for (const name of ['datasets--a--b', 'models--a--b--c', 'models--..--x', 'version.txt'])
      mkdirSync(join(cache, name));
    expect(await listModels(options)).toEqual([
      {
        id: 'org/part',
        folder: root,
        size: 4,
        incomplete: 4,
        revisions: [
          { commit: commits[0], refs: [], folder: snapshot, size: 0, files: [], missing: 'config.json' },
        ],
      },
    ]);
  });
});

describe('removeModel', () => {
  it('removes a revision and keeps what others share', async () => {
    const old = await pullModel('org/tiny@refs/pr/1', options);
    const { folder: kept } = await pullModel('org/tiny', options);
    const removed = await removeModel('org/tiny@refs/pr/1', options);
    expect(removed).toEqual({
      id: 'org/tiny',
      commits: [commits[0]],
      freed: tinyFiles()['tokenizer.json']!.length,
      remaining: 1,
    });
    expect(existsSync(old.folder)).toBe(false);
    expect(readFileSync(join(kept, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(kept, 'tokenizer.json')).equals(newTokenizer)).toBe(true);
    expect(readdirSync(join(cache, 'models--org--tiny/blobs'))).toHaveLength(4);
    await expect(removeModel('org/tiny@refs/pr/1', options)).rejects.toMatchObject({
      code: 'not-cached',
      exitStatus: 3,
    });
  });

  it.each(['org/tiny', 'org/tiny@main', `org/tiny@${commits[1].slice(0, 8)}`])(
    'removes the last revision with all else: %s',
    async (text) => {
      await pullModel('tiny', options);
      const { received } = await pullModel('org/tiny', options);
      writeFileSync(join(cache, 'models--org--tiny/blobs/x.incomplete'), 'half');
      expect(await removeModel(text, options)).toEqual({
        id: 'org/tiny',
        commits: [commits[1]],
        freed: received + 4,
        remaining: 0,
      });
      expect(readdirSync(cache).sort()).toEqual(['.locks', 'models--tiny']);
      expect(readdirSync(join(cache, '.locks'))).toEqual(['models--tiny']);
    },
  );

  it('touches nothing outside of the cache', async () => {
    await pullModel('org/tiny@refs/pr/1', options);
    await pullModel('org/tiny', options);
    const mine = join(folder, 'mine.safetensors');
    writeFileSync(mine, 'mine');
    const snapshot = join(cache, 'models--org--tiny/snapshots', commits[0]);
    rmSync(join(snapshot, 'model.safetensors'));
    symlinkSync(mine, join(snapshot, 'model.safetensors'));
    await removeModel(`org/tiny@${commits[0]}`, options);
    expect(existsSync(mine)).toBe(true);
    await expect(removeModel('../mine', options)).rejects.toThrow(/as the id of a model/);
  });
});

describe('modelInfo', () => {
  const config = {
    modelType: 'olmo',
    architectures: ['OlmoForCausalLM'],
    hiddenSize: 8,
    layers: 2,
    vocabularySize: 99,
  };

  it('describes a model on the Hub without pulling it', async () => {
    const info = await modelInfo('org/tiny', options);
    expect(info).toMatchObject({
      source: 'hub',
      repository: { id: 'org/tiny', revision: 'main', commit: commits[1] },
      config,
      licence: 'apache-2.0',
      size: sizeOfTiny - tinyFiles()['tokenizer.json']!.length + newTokenizer.length,
      problem: undefined,
    });
    expect(info.files).toContainEqual({ name: 'model.safetensors', size: weights.length, needed: true });
    expect(info.files).toContainEqual({ name: 'modeling_tiny.py', size: undefined, needed: false });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('describes one that is in the cache, or in a folder, without a request', async () => {
    const { folder: snapshot } = await pullModel('tiny', options);
    hub.seen.length = 0;
    const cached = await modelInfo('tiny', { ...options, offline: true });
    expect(cached).toMatchObject({
      source: 'cache',
      folder: snapshot,
      config,
      licence: 'apache-2.0',
      size: sizeOfTiny,
    });
    expect(await modelInfo(snapshot, options)).toEqual({
      ...cached,
      source: 'folder',
      repository: undefined,
    });
    expect(hub.requests()).toEqual([]);
    await expect(modelInfo('org/tiny', { ...options, offline: true })).rejects.toMatchObject({
      code: 'offline',
    });
    await expect(modelInfo(cache, options)).rejects.toThrow(/config.json: there is no such file/);
  });

  it('says why a model cannot be used', async () => {
    const { 'model.safetensors': _, 'pytorch_model.bin': __, ...rest } = tinyFiles();
    hub.repositories.tiny = tinyRepository({ commits: { [commits[0]]: rest } });
    expect((await modelInfo('tiny', options)).problem).toMatch(/no .safetensors weights/);
    hub.repositories.tiny = tinyRepository({
      commits: { [commits[0]]: tinyFiles({ 'config.json': Buffer.from('[]') }) },
    });
    await expect(modelInfo('tiny', options)).rejects.toThrow(/config.json holds no JSON object/);
  });
});
