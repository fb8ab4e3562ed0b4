// Names of known pairs: of one word, each once, and ids of the Hub behind them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isRepositoryId } from '../hub/repository-id.js';
import { knownPair, knownPairs } from './known-pairs.js';
import { resolveFolders } from './resolve-folders.js';

test('names are single words that are no ids, and models are ids', () => {
  expect(new Set(knownPairs.map(({ name }) => name)).size).toBe(knownPairs.length);
  for (const { name, ar, mlm } of knownPairs) {
    expect(name).toMatch(/^[a-z0-9.-]+$/);
    expect([ar, mlm].filter((id) => !isRepositoryId(id))).toEqual([]);
  }
  expect(knownPair('ettin-150m')).toMatchObject({
    ar: 'jhu-clsp/ettin-decoder-150m',
    mlm: 'jhu-clsp/ettin-encoder-150m',
  });
  expect(knownPair('toString')).toBeUndefined();
});

test('a folder of that name comes first', async () => {
  const root = mkdtempSync(join(tmpdir(), 'maria-known-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const before = process.cwd();
  process.chdir(root);
  onTestFinished(() => process.chdir(before));
  mkdirSync('ettin-17m');
  expect(await resolveFolders({ model: 'ettin-17m' }, {})).toEqual({ model: 'ettin-17m' });
});
