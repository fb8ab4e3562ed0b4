// Writes bundle/: the command with all that it imports in few files, so that it starts fast and opens few. A step of the build.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

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
  ...Object.fromEntries(
    readdirSync(join(dist, 'commands'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => [join('commands', file.slice(0, -'.js'.length)), join(dist, 'commands', file)]),
  ),
};

/** What is native, or files to read; and what may not be installed. */
const external = [
  /^koffi$/,
  /^onnxruntime-node$/,
  /^@maria\/tiny/,
  /^@tensorflow\//,
  /^react-devtools-core$/,
];

rmSync(folder, { recursive: true, force: true });
const build = await rolldown({ input: entries, external, platform: 'node' });
const { output } = await build.write({
  dir: folder,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
const bundled = new Set(output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])));
writeFileSync(join(folder, 'LICENSES.txt'), licencesOf(bundled));

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
