// The pipelines of docs/recipes.md, run as they stand there, each of which writes what the page says; and examples/editors. They share a
// server, which changes no byte.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariaBin } from './cli-process.js';
import { startServer, type TestServer } from './server-process.js';

const page = readFileSync(fileURLToPath(new URL('../docs/recipes.md', import.meta.url)), 'utf8');
const recipes = Array.from(
  page.matchAll(/^## (.+)$[\s\S]*?^```sh\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```/gm),
  ([, title = '', script = '', written = '']) => ({ title, script, written }),
);

const folder = mkdtempSync(join(tmpdir(), 'maria-recipes-'));
const examples = fileURLToPath(new URL('../examples/editors/', import.meta.url));
let server: TestServer;
beforeAll(async () => {
  server = await startServer([], { env: { XDG_RUNTIME_DIR: folder } });
  for (const name of ['tasks.json', 'fill-gap.mjs', 'maria.vim'])
    cpSync(join(examples, name), join(folder, 'project/.vscode', name));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a program that finds `maria` with these flags more on its PATH. */
async function run(program: string, args: readonly string[], flags = '') {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const maria = join(bin, 'maria');
  writeFileSync(maria, `#!/bin/sh\nexec "${process.execPath}" "${mariaBin}" "$@" ${flags}\n`);
  chmodSync(maria, 0o755);
  const PATH = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  return promisify(execFile)(program, args, {
    cwd: folder,
    env: { ...process.env, PATH, MARIA_CONFIG: '', NO_COLOR: '1', XDG_RUNTIME_DIR: folder },
  });
}

it('all sections are recipes', () => {
  expect(recipes.map(({ title }) => title)).toEqual(
    Array.from(page.matchAll(/^## (.+)$/gm), ([, title]) => title),
  );
});

it.each(recipes)('$title', async ({ script, written }) => {
  const { stdout, stderr } = await run('sh', ['-ec', script], `--server ${server.url}`);
  expect(stdout).toBe(written);
  // Notes on lines without a gap and on scores; neither errors nor warnings.
  expect(stderr).not.toMatch(/Cannot|Warning|Error/);
});

describe('an editor fills the gap under the cursor', () => {
  const text = 'A [MASK] sat.\nThe [MASK] sang in the [MASK], and \\[MASK] is text.\nBye.\n';
  const filled = /^A \[MASK\] sat\.\nThe \[MASK\] sang in the [a-z]+, and \\\[MASK\] is text\.\nBye\.\n$/;
  const file = join(folder, 'project/text.txt');

  it('VS Code, through the server', async () => {
    const served = async () => (await server.metrics()).get('maria_texts_filled_total')!;
    const before = await served();
    writeFileSync(file, text);
    const { tasks } = JSON.parse(readFileSync(join(folder, 'project/.vscode/tasks.json'), 'utf8'));
    const variables: Record<string, string> = {
      workspaceFolder: join(folder, 'project'),
      lineNumber: '2',
      columnNumber: '24',
      file,
    };
    const args = tasks[0].args.map((arg: string) =>
      arg.replaceAll(/\$\{(\w+)\}/g, (_, name) => variables[name]!),
    );
    expect(await run(tasks[0].command, args)).toEqual({ stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(filled);
    expect(await served()).toBe(before + 1);
    await expect(run(tasks[0].command, [args[0], '3', '1', file])).rejects.toMatchObject({
      code: 1,
      stderr: 'There is no gap in line 3.\n',
    });
    // Settings may have maria read gaps that the script does not see.
    writeFileSync(file, 'A ___ and a [MASK].\n');
    await expect(run('node', [args[0]!, '1', '1', file], '--underscores')).rejects.toMatchObject({
      stderr: 'maria reads 2 gaps, and only 1 are [MASK].\n',
    });
    expect(readFileSync(file, 'utf8')).toBe('A ___ and a [MASK].\n');
  });

  it.skipIf(spawnSync('vim', ['--version']).status !== 0)('Vim (needs vim)', async () => {
    writeFileSync(file, text);
    const script = join(folder, 'project/.vscode/maria.vim');
    const commands = [`source ${script}`, 'call cursor(2, 24)', 'normal \\m', 'wq'];
    await run('vim', ['-Nu', 'NONE', '-i', 'NONE', '-es', ...commands.flatMap((one) => ['-c', one]), file]);
    expect(readFileSync(file, 'utf8')).toMatch(filled);
  });
});
