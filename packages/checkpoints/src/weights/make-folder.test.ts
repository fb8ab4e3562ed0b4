// Folders below folders, and what the system says where it refuses one.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileFact } from './file-errors.js';
import { makeFolder } from './make-folder.js';
import { temporaryFolder } from './raw-files.test.support.js';

const folder = temporaryFolder();

it('makes what is missing, and nothing where all is there', () => {
  const path = join(folder, 'a/b/c');
  makeFolder(path);
  makeFolder(path);
  expect(existsSync(path)).toBe(true);
});

it('says that a part is a file', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
  expect(() => makeFolder(join(folder, 'file/a/b'))).toThrow(/ENOTDIR/);
});

// Where Node's own recursive mkdir never returns.
it.runIf(existsSync('/proc/self'))('ends below a folder that takes none', () => {
  expect(() => makeFolder('/proc/maria/a/b')).toThrow(/ENOENT|EACCES|EPERM/);
});

it('has words for a used-up quota and a read-only disk', () => {
  const fact = (code: string) => fileFact(Object.assign(new Error('raw'), { code }));
  expect(fact('EDQUOT')).toBe('the disk quota is used up');
  expect(fact('EROFS')).toBe('the file system is read-only');
});
