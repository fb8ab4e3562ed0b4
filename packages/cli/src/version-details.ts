// What `maria --version --verbose` adds: versions of libraries, and what computes. Nothing native is loaded; `maria doctor` tells whether it works.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from './version.js';

/** What is installed beside the command. The last is brought by who wants it. */
const libraries = ['onnxruntime-node', 'koffi', 'tokenizers', '@maria/tiny', '@tensorflow/tfjs-node-gpu'];

/** What the kernels of ONNX Runtime choose by. */
const features = new Set(
  'sse4_1 avx avx2 fma f16c avx_vnni avx512f avx512bw avx512_vnni avx512_bf16 amx_bf16 amx_int8 asimddp asimdhp i8mm bf16 sve sve2 sme'.split(
    ' ',
  ),
);

/** One fact a line: a name and what is known of it. */
export function versionDetails(packageRoot: string, linuxProcessor = '/proc/cpuinfo'): string[] {
  const found = createRequire(join(packageRoot, 'package.json'));
  const facts = [
    ...libraries.map((name) => [name, versionOf(name, found) ?? 'not installed'] as const),
    ['V8', process.versions.v8] as const,
    ['system', `${type()} ${release()}`] as const,
    ['processor', `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}`] as const,
    ['features', featuresIn(linuxProcessor)] as const,
  ];
  return facts.flatMap(([name, fact]) => (fact === undefined ? [] : [`${name} ${fact}`]));
}

/** From its package.json, which not every package lets others import. */
function versionOf(name: string, { resolve }: NodeJS.Require): string | undefined {
  const folder = (resolve.paths(name) ?? []).map((path) => join(path, name)).find(existsSync);
  return folder && packageVersion(folder);
}

/** Only Linux tells them in a file. */
function featuresIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const [, flags = ''] = /^(?:flags|Features)\s*: (.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return (
    flags
      .split(' ')
      .filter((flag) => features.has(flag))
      .join(' ') || undefined
  );
}
