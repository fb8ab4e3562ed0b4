// The folder of servers: its user's own from the first moment, and told of where it cannot be made.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRuntimeFolder } from './runtime-folder.js';

test('nobody else may look into it, whatever the process lets others do', async () => {
  const above = mkdtempSync(join(tmpdir(), 'maria-runtime-'));
  const before = process.umask(0);
  try {
    await openRuntimeFolder(join(above, 'a/maria'));
    expect(['a', 'a/maria'].map((name) => statSync(join(above, name)).mode & 0o777)).toEqual([0o700, 0o700]);
  } finally {
    process.umask(before);
    rmSync(above, { recursive: true });
  }
});

// Where Node's own recursive mkdir never returns.
test.runIf(existsSync('/proc/self'))('an error below a folder that takes none', async () => {
  await expect(openRuntimeFolder('/proc/maria/a')).rejects.toThrow(/ENOENT|EACCES|EPERM/);
});
