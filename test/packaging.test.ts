// The packages as npm would publish them: packed, unpacked into an empty folder, used from JavaScript and from TypeScript.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** All that npm would publish: the workspaces that are not private. A folder of models/ without a package.json is of the repository alone. */
const workspaces = ['packages', 'apps', 'models']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .filter((path) => existsSync(join(root, path, 'package.json')))
  .filter((path) => !JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).private);

/** At the top of packages that hold more than code. */
const contents: Readonly<Record<string, readonly string[]>> = {
  '@maria/cli': [
    'LICENSE',
    'README.md',
    'bin',
    'bundle',
    'dist',
    'man',
    'oclif.manifest.json',
    'package.json',
  ],
  '@maria/tiny': ['README.md', 'ar', 'config.json', 'head.safetensors', 'mlm', 'package.json'],
};

interface Packed {
  name: string;
  filename: string;
  files: { path: string }[];
}

describe('packed packages', () => {
  let folder: string;
  let packed: Packed[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'maria-packed-'));
    const args = [
      'pack',
      '--json',
      '--ignore-scripts',
      '--pack-destination',
      folder,
      ...workspaces.flatMap((path) => ['-w', path]),
    ];
    packed = JSON.parse(
      execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@maria'), { recursive: true });
    for (const { name, filename } of packed) {
      const target = join(modules, name);
      mkdirSync(target);
      execFileSync('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
    }
    // What npm would bring from the registry is linked from this repository: the test needs no network.
    const installed = join(root, 'node_modules');
    for (const name of readdirSync(installed))
      if (name !== '@maria' && !name.startsWith('.')) symlinkSync(join(installed, name), join(modules, name));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('hold no tests, sources or build information', () => {
    const strays = packed.flatMap(({ name, files }) =>
      files
        .filter(({ path }) => /\.test\.|^src\/|tsbuildinfo|\.support\./.test(path))
        .map(({ path }) => `${name}/${path}`),
    );
    expect(strays).toEqual([]);
  });

  it('hold what they are made of', () => {
    const held = packed.map(({ name, files }) => [
      name,
      ...new Set(files.map(({ path }) => path.split('/')[0]!)),
    ]);
    const expected = packed.map(({ name }) => [
      name,
      ...(contents[name] ?? ['LICENSE', 'README.md', 'dist', 'package.json']),
    ]);
    expect(held.map((one) => one.sort())).toEqual(expected.map((one) => one.sort()));
  });

  it('tell npm what it shows, and where they come from once that is known', () => {
    const url = 'https://example.org/owner/name';
    for (const path of workspaces)
      cpSync(join(root, path, 'package.json'), join(folder, path, 'package.json'));
    execFileSync(process.execPath, [join(root, 'tools/release/set-repository.mjs'), url, folder]);
    for (const path of workspaces) {
      const manifest = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
      expect(manifest, path).toMatchObject({
        description: expect.stringMatching(/\.$/),
        license: expect.any(String),
        keywords: expect.arrayContaining(['maria']),
        publishConfig: { access: 'public', provenance: true },
        repository: { type: 'git', url: `git+${url}.git`, directory: path },
        homepage: `${url}#readme`,
        bugs: { url: `${url}/issues` },
        // The embedded model runs nothing.
        ...(path !== 'models/tiny' && { engines: { node: '>=20.19' } }),
      });
    }
  });

  it('hold their licence', () => {
    const without = packed.filter(({ files }) => !files.some(({ path }) => path === 'LICENSE'));
    // The embedded model's licences are in its README.
    expect(without.map(({ name }) => name)).toEqual(['@maria/tiny']);
    const text = readFileSync(join(root, 'LICENSE'), 'utf8');
    for (const { name } of packed.filter((one) => !without.includes(one)))
      expect(readFileSync(join(folder, 'node_modules', name, 'LICENSE'), 'utf8')).toBe(text);
  });

  it('hold the licences of what is bundled in the command', () => {
    const cli = join(folder, 'node_modules/@maria/cli');
    const licences = readFileSync(join(cli, 'bundle/LICENSES.txt'), 'utf8');
    for (const name of ['ink', '@oclif/core', 'preact', 'zod'])
      expect(licences).toMatch(new RegExp(`^${name} \\d.* \\(MIT\\)$`, 'm'));
  });

  it('hold the pages of the command, with nothing in them that is elsewhere', () => {
    const bundle = join(folder, 'node_modules/@maria/cli/bundle');
    for (const page of ['try.html', 'replay.html']) {
      const html = readFileSync(join(bundle, page), 'utf8');
      expect(html).toContain("default-src 'none'; script-src 'sha256-");
      expect(html).not.toMatch(/(src|href)="(?!data:)/);
      expect(html.length).toBeLessThan(64 * 1024);
    }
  });

  it('fill a gap from the command line', () => {
    const bin = join(folder, 'node_modules/@maria/cli/bin/run.js');
    const text = execFileSync(process.execPath, [bin, 'infill', 'A little [MASK] was here.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(text).toMatch(/^A little \S.* was here\.\n$/);
  });

  it('type-check and run in a TypeScript project', () => {
    writeFileSync(
      join(folder, 'use.ts'),
      `import { infill, type InfillEvent } from '@maria/core';
import { loadModel } from '@maria/checkpoints';
const model = await loadModel({ backend: 'ort' });
const events: InfillEvent[] = [];
for await (const event of infill(model, 'The [MASK] slept.')) events.push(event);
process.stdout.write(events.map(({ type }) => type).join(' '));
model.dispose();
`,
    );
    // From CommonJS the same types hold, and the same modules run (`require` of a module, Node 20.19).
    writeFileSync(
      join(folder, 'use-required.cts'),
      `import { infill } from '@maria/core';
import { loadModel } from '@maria/checkpoints';
process.stdout.write([infill, loadModel].map((one) => typeof one).join(' '));
`,
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023',
      '--strict',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
      'use.ts',
      'use-required.cts',
    ];
    execFileSync(process.execPath, [tsc, ...flags], { cwd: folder, encoding: 'utf8' });
    const output = execFileSync(process.execPath, ['use.js'], { cwd: folder, encoding: 'utf8' });
    expect(output).toBe('mlm-encoded gap-filled step-end done');
    const required = execFileSync(process.execPath, ['use-required.cjs'], { cwd: folder, encoding: 'utf8' });
    expect(required).toBe('function function');
  });
});

/** Packed with its scripts, and what packing lists. A copy: the packages of this repository may be in use meanwhile. */
function packedCopy(workspace: string, stale: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'maria-pack-'));
  try {
    const copy = join(folder, workspace);
    cpSync(join(root, workspace), copy, {
      recursive: true,
      filter: (path) => !/[\\/](dist|node_modules|\.turbo)$/.test(path),
    });
    cpSync(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(dirname(join(copy, stale)), { recursive: true });
    writeFileSync(join(copy, stale), '');
    const args = ['pack', '--dry-run', '--json', '--foreground-scripts=false'];
    const output = execFileSync('npm', args, {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ files }] = JSON.parse(output) as [Packed];
    return files.map(({ path }) => path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('packing', () => {
  it('builds anew, so that outputs of files that are gone are not published', () => {
    const files = packedCopy('packages/core', 'dist/renamed.js');
    expect(files).toContain('dist/index.js');
    expect(files).not.toContain('dist/renamed.js');
  });

  it('does so for every package that is built', () => {
    const prepackOf = (path: string): unknown =>
      JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).scripts?.prepack;
    const built = workspaces.filter((path) => path !== 'models/tiny');
    expect(new Set(built.map(prepackOf))).toEqual(new Set([prepackOf('packages/core')]));
  });
});
