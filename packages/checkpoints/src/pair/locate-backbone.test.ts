// Where a backbone is looked for that a MARIA checkpoint names.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openWeightsOf } from '../weights/checkpoint.js';
import { fingerprint } from '../weights/fingerprint.js';
import { embeddedFolder } from './embedded-folder.js';
import { locateBackbone } from './locate-backbone.js';
import type { MariaConfig } from './maria-checkpoint.js';

const root = mkdtempSync(join(tmpdir(), 'maria-locate-'));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const commit = '0123456789abcdef0123456789abcdef01234567';
const tiny = embeddedFolder();
const mine = fingerprint(openWeightsOf(join(tiny, 'ar')));
const cached = join(root, 'hub/models--org--name/snapshots', commit);

beforeAll(() => {
  mkdirSync(join(root, 'head'));
  for (const folder of [join(root, 'near'), join(root, 'far'), cached])
    cpSync(join(tiny, 'ar'), folder, { recursive: true });
  cpSync(join(tiny, 'mlm'), join(root, 'other'), { recursive: true });
  mkdirSync(join(root, 'empty'));
});

function locate(ar: MariaConfig['ar'], role: 'ar' | 'mlm' = 'ar'): Promise<string> {
  vi.stubEnv('HF_HUB_CACHE', join(root, 'hub'));
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  return locateBackbone(join(root, 'head'), role, { ar, mlm: ar } as MariaConfig, {});
}

describe('a backbone is found', () => {
  test.each<[string, MariaConfig['ar'], string]>([
    ['by its relative path first', { path: '../near', absolute_path: join(root, 'far') }, join(root, 'near')],
    ['by its absolute path', { path: '../gone', absolute_path: join(root, 'far') }, join(root, 'far')],
    [
      'where its weights are',
      { path: '../other', absolute_path: join(root, 'far'), fingerprint: mine },
      join(root, 'far'),
    ],
    ['in the embedded pair', { path: '../gone', fingerprint: mine }, join(tiny, 'ar')],
    ['in the cache of the Hub', { path: '../gone', id: 'org/name', revision: commit }, cached],
    ['without a fingerprint, whatever it is', { path: '../other' }, join(root, 'other')],
  ])('%s', async (_, named, folder) => {
    expect(await locate(named)).toBe(folder);
  });
});

test('a refusal says where it looked, and what was wrong there', async () => {
  const named = {
    path: '../gone',
    absolute_path: join(root, 'empty'),
    id: 'org/other',
    revision: commit,
    fingerprint: mine,
  };
  await expect(locate(named, 'mlm')).rejects.toMatchObject({
    code: 'backbone-missing',
    exitStatus: 3,
    message: expect.stringMatching(
      /its MLM is not where it was looked for: \S+\/gone \(there is no such folder\), \S+\/empty \(Cannot open the model in .*\), the embedded pair \(it has other weights than the head was trained on\), org\/other@0123\S+ of the Hugging Face Hub \(Cannot .*\)\.$/,
    ),
  });
});
