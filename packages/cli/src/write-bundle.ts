// Writes bundle/: the command with all that it imports in few files, so that it starts fast and opens few. A step of the build.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { writePages } from './write-pages.js';

const dist = fileURLToPath(new URL('.', import.meta.url));
const folder = join(dist, '../bundle');
const checkpoints = dirname(createRequire(import.meta.url).resolve('@maria/checkpoints'));

/** What is started or read by its path. Where a file looks for another beside it, both are at the top. */
const entries = {
  main: join(dist, 'main.js'),
  help: join(dist, 'help.js'),
  'probe-process': join(dist, 'doctor/probe-process.js'),
  'tokenizer-process': join(checkpoints, 'tokenizers/tokenizer-process.js'),
  worker: join(checkpoints, 'quantize/worker.js'),
  'parquet-worker': join(dist, 'scale/parquet-worker.js'),
  ...Object.fromEntries(
    readdirSync(join(dist, 'commands'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => [join('commands', file.slice(0, -'.js'.length)), join(dist, 'commands', file)]),
  ),
};

/** What is native, or files to read; and what may not be installed. Packages that must be there are `dependencies` of this one. */
const external = [
  /^koffi$/,
  /^onnxruntime-node$/,
  /^tokenizers$/,
  /^@maria\/tiny/,
  /^@tensorflow\//,
  /^react-devtools-core$/,
];

/** What oclif loads at its start and uses only without oclif.manifest.json, for sources in TypeScript, or to tell WSL from Linux. */
const unused: Plugin = {
  name: 'unused',
  resolveId: (id) =>
    /^(tinyglobby|minimatch|typescript|wsl-utils)$/.test(id) ? { id: `\0unused:${id}` } : null,
  load: (id) => (id.startsWith('\0unused:') ? 'module.exports = {};' : null),
};

/** oclif sorts the ids of commands as people do, for which Node loads its data of languages: a tenth of the start. They are plain words. */
const sortsPlainly: Plugin = {
  name: 'sorts-plainly',
  transform(code, id) {
    if (!/@oclif\/core\/lib\/config\/plugin\.js$/.test(id)) return null;
    const plain = code.replace('a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)');
    if (plain === code) throw new Error('oclif no longer sorts its commands with localeCompare');
    return plain;
  },
};

rmSync(folder, { recursive: true, force: true });
const build = await rolldown({ input: entries, external, platform: 'node', plugins: [unused, sortsPlainly] });
const { output } = await build.write({
  dir: folder,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
const chunks = output.filter((file) => file.type === 'chunk');
refuseMissingFiles(chunks);
const modules = [...chunks.flatMap((chunk) => chunk.moduleIds), ...(await writePages(folder))];
writeFileSync(join(folder, 'LICENSES.txt'), licencesOf(new Set(modules)));

/** @throws if a file is started by its path and is no entry: only its user would find out */
function refuseMissingFiles(chunks: readonly OutputChunk[]): void {
  for (const { fileName, code } of chunks)
    for (const [, path] of code.matchAll(/new URL\("(\.\/[\w-]+\.js)", import\.meta\.url\)/g)) {
      const file = join(dirname(fileName), path ?? '');
      if (!chunks.some((chunk) => chunk.fileName === file))
        throw new Error(`${fileName} starts ${path}, which is no entry of write-bundle.ts`);
    }
}

/** The licences of the packages of others that the modules are of. */
function licencesOf(modules: ReadonlySet<string>): string {
  const packages = new Set(
    [...modules].flatMap(
      (file) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(file) ?? [],
    ),
  );
  return [...packages].sort().map(licenceOf).join('\n\n');
}

function licenceOf(path: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n\n${readFileSync(join(path, file), 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
}
