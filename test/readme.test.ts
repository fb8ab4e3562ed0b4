// The library examples of the README and of each package's README run as they are printed, from the built packages.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
beforeAll(() => {
  // Beneath the repository, so that Node finds the packages as a user's project would.
  folder = mkdtempSync(join(root, 'test', '.readme-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the one example of a README prints. */
function printedBy(readme: string): string[] {
  const code = /```ts\n(.*?)```/s.exec(readFileSync(join(root, readme), 'utf8'))![1]!;
  return run('example.mjs', code);
}

function run(name: string, code: string): string[] {
  writeFileSync(join(folder, name), code);
  return execFileSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
}

it('runs the library example', () => {
  const lines = printedBy('README.md');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^\d+ .+ [\d.e-]+$/);
  expect(lines[2]).toMatch(/^The .+ sat by the .+\.$/);
  expect(Number(lines[3])).toBeGreaterThan(1);
});

describe('the example of a package runs', () => {
  test.each([
    ['packages/core', /^The cat sat on the \S+\.$/],
    ['packages/checkpoints', /^[\d.]+$/],
    ['packages/kernels', /^\[ 0\.26\d*, 0\.73\d* \]$/],
    ['packages/training', /^(\d+\.\d+(\n|$)){3}$/],
    ['packages/eval', /^[\d.]+ 0\.693$/],
    ['packages/charts', /^Loss: nats\n4 │/],
    ['packages/cli', /^The \S+ sat on the mat\.$/],
    ['apps/tui', /^function true$/],
  ])('%s', (path, printed) => {
    expect(printedBy(`${path}/README.md`).join('\n')).toMatch(printed);
  });
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

test.skipIf(major === 20 && minor < 19)('CommonJS takes the packages with require', () => {
  const code = `const { infill } = require('@maria/core');
    const { loadModel } = require('@maria/checkpoints');
    const { chooseBackend } = require('@maria/kernels');
    console.log(typeof infill, typeof loadModel, typeof chooseBackend);
    for (const name of ['charts', 'eval', 'training', 'tui', 'cli']) require('@maria/' + name);`;
  expect(run('example.cjs', code)).toEqual(['function function function']);
});
