// The ways onto PATH that the README gives, with an empty prefix: a link into the repository, and packs, which need npm's
// registry and are tested with MARIA_TEST_INSTALL=1.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'maria-install-'));
afterAll(() => rmSync(folder, { recursive: true }));

const npm = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execFileSync('npm', args, { cwd: root, env: { ...process.env, ...env }, stdio: 'ignore' });

/** What the command `maria` of an empty prefix fills in, once npm has installed into it. */
function filledAfter(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const prefix = mkdtempSync(join(folder, 'prefix-'));
  npm(['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', ...args], env);
  // npm links a page for man only where package.json has a list of them.
  expect(readFileSync(join(prefix, 'share/man/man1/maria.1'), 'utf8')).toContain('.TH MARIA 1');
  const PATH = `${join(prefix, 'bin')}${delimiter}${process.env.PATH}`;
  return execFileSync('maria', ['infill', 'A [MASK] was here.'], {
    cwd: folder,
    env: { ...process.env, PATH },
    encoding: 'utf8',
  });
}

const scripts: [name: string, env: Record<string, string>][] = [
  ['on', { npm_config_ignore_scripts: 'false' }],
  ['off', { npm_config_ignore_scripts: 'true' }],
];

it.each(scripts)('a link into the repository works with scripts %s', (_, env) => {
  expect(filledAfter(['--offline', './packages/cli'], env)).toMatch(/^A \S.* was here\.\n$/);
});

it('no script that downloads runs where package-lock.json is followed', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  expect(packages['node_modules/onnxruntime-node']).toBeDefined();
  expect(packages['node_modules/onnxruntime-node'].hasInstallScript).toBeUndefined();
});

describe.skipIf(!process.env.MARIA_TEST_INSTALL)('packs (needs npm’s registry; MARIA_TEST_INSTALL=1)', () => {
  let packs: string[];
  beforeAll(() => {
    const destination = join(folder, 'packs');
    mkdirSync(destination);
    const workspaces = ['-w', 'packages/cli', '-w', 'models/tiny'];
    npm(['pack', ...workspaces, '--ignore-scripts', '--pack-destination', destination]);
    packs = readdirSync(destination).map((name) => join(destination, name));
  });

  it.each(scripts)('work as the README installs them, where scripts are %s', (_, env) => {
    expect(filledAfter(['--ignore-scripts', ...packs], env)).toMatch(/^A \S.* was here\.\n$/);
  });

  it('work with scripts that run, when the one that downloads is told not to', () => {
    const env = { npm_config_ignore_scripts: 'false', ONNXRUNTIME_NODE_INSTALL: 'skip' };
    expect(filledAfter(packs, env)).toMatch(/^A \S.* was here\.\n$/);
  });
});
