// The pipelines of docs/recipes.md, run as they stand there: each writes what the page says. They share a server, which changes no byte.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mariaBin } from './cli-process.js';
import { startServer, type TestServer } from './server-process.js';

const page = readFileSync(fileURLToPath(new URL('../docs/recipes.md', import.meta.url)), 'utf8');
const recipes = Array.from(
  page.matchAll(/^## (.+)$[\s\S]*?^```sh\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```/gm),
  ([, title = '', script = '', written = '']) => ({ title, script, written }),
);

const folder = mkdtempSync(join(tmpdir(), 'maria-recipes-'));
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const maria = join(folder, 'maria');
  writeFileSync(maria, `#!/bin/sh\nexec "${process.execPath}" "${mariaBin}" "$@" --server ${server.url}\n`);
  chmodSync(maria, 0o755);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it('all sections are recipes', () => {
  expect(recipes.map(({ title }) => title)).toEqual(
    Array.from(page.matchAll(/^## (.+)$/gm), ([, title]) => title),
  );
});

it.each(recipes)('$title', async ({ script, written }) => {
  const PATH = [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
  const { stdout, stderr } = await promisify(execFile)('sh', ['-ec', script], {
    cwd: folder,
    env: { ...process.env, PATH, MARIA_CONFIG: '', NO_COLOR: '1' },
  });
  expect(stdout).toBe(written);
  // Notes on lines without a gap and on scores; neither errors nor warnings.
  expect(stderr).not.toMatch(/Cannot|Warning|Error/);
});
