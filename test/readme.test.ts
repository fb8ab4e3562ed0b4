// The README's library example runs as it is printed, from the built packages.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('runs the library example', () => {
  const code = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!;
  // Beneath the repository, so that Node finds the packages as a user's project would.
  const folder = mkdtempSync(join(root, 'test', '.readme-'));
  try {
    writeFileSync(join(folder, 'example.mjs'), code);
    const lines = execFileSync(process.execPath, [join(folder, 'example.mjs')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^\d+ .+ [\d.e-]+$/);
    expect(lines[2]).toMatch(/^The .+ sat by the .+\.$/);
    expect(Number(lines[3])).toBeGreaterThan(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
