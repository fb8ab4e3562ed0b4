// Finds the ONNX Runtime library that onnxruntime-node ships, and loads it through koffi.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DeviceError } from '@maria/core';
import { type Koffi, loadKoffi } from './koffi.js';

export interface LoadedLibrary {
  readonly koffi: Koffi;
  readonly path: string;
  /** For example "1.30.0". */
  readonly version: string;
  /** Address of struct OrtApi: a table of function pointers. */
  readonly apiAddress: bigint;
  /** Keeps the library in the process: koffi unloads what nothing refers to. */
  readonly handle: unknown;
}

/** The file that onnxruntime-node's own binding links: one process must never hold two copies of the library. */
const libraryFile: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/** The library that the user names, a file or the folder of one. */
export function namedLibrary(): string | undefined {
  return process.env.MARIA_ORT_LIBRARY || undefined;
}

/**
 * Path of the library that MARIA_ORT_LIBRARY names, else of the one inside the installed onnxruntime-node.
 * @throws DeviceError when there is none, or none for this machine
 */
export function findLibrary(
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): string {
  const named = namedLibrary();
  if (named !== undefined) return fileOfNamed(path.resolve(named), platform);
  const packageFolder = packageFolderOf('onnxruntime-node');
  const bin = path.join(packageFolder, 'bin');
  const name = libraryFile[platform];
  const napiVersions = existsSync(bin) ? readdirSync(bin).filter((entry) => /^napi-v\d+$/.test(entry)) : [];
  for (const napi of napiVersions) {
    const file = path.join(bin, napi, platform, arch, name ?? '');
    if (name && existsSync(file)) return file;
  }
  throw new DeviceError(
    'onnxruntime-missing',
    `Cannot find the ONNX Runtime library: onnxruntime-node in ${packageFolder} has none for ${platform}/${arch}.`,
    { try: 'Run on Linux or Windows (x64, arm64) or macOS (arm64).' },
  );
}

function fileOfNamed(named: string, platform: NodeJS.Platform): string {
  const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory();
  const file = isFolder ? path.join(named, libraryFile[platform] ?? '') : named;
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  throw new DeviceError(
    'onnxruntime-missing',
    `Cannot find the ONNX Runtime library: MARIA_ORT_LIBRARY names ${named}, and there is no file ${file}.`,
    { try: `Set it to the path of ${libraryFile[platform] ?? 'the library'}, or unset it.` },
  );
}

function packageFolderOf(name: string): string {
  try {
    return path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (cause) {
    throw new DeviceError('onnxruntime-missing', `Cannot find the package ${name}: it is not installed.`, {
      try: 'npm install',
      cause,
    });
  }
}

/**
 * The command that brings the libraries for CUDA, which are not in the package. `npm rebuild` does nothing where npm was told
 * to run no scripts of packages. @throws DeviceError when the package is missing
 */
export function cudaInstallCommand(): string {
  const script = path.join(packageFolderOf('onnxruntime-node'), 'script', 'install.js');
  return `ONNXRUNTIME_NODE_INSTALL=cuda12 node "${script}"`;
}

/** Loads koffi and the library. Takes some 10 ms; nothing native is loaded before. @throws DeviceError */
export async function loadLibrary(file: string, version: number): Promise<LoadedLibrary> {
  const koffi = await loadKoffi();
  try {
    const handle = koffi.load(file);
    const base: unknown = handle.func('OrtGetApiBase', 'void *', [])();
    if (typeof base !== 'bigint') throw new Error('OrtGetApiBase gave no table');
    // struct OrtApiBase { GetApi; GetVersionString }
    const getVersion = koffi.decode(pointerAt(koffi, base, 1), koffi.proto('str', [])) as () => string;
    const getApi = koffi.decode(pointerAt(koffi, base, 0), koffi.proto('void *', ['uint32_t'])) as (
      version: number,
    ) => bigint | null;
    // Asked for first: of a library that is too old for it, nothing else is called.
    const apiAddress = getApi(version);
    const told = getVersion();
    if (!apiAddress) throw new Error(`version ${told} is too old: it has no C API version ${version}`);
    // The functions of the table are called by their places: one that is not what it says would end the process.
    if (!isAtLeast(told, version))
      throw new Error(`it says that it is version ${told}, and 1.${version} or newer is needed`);
    return { koffi, path: file, version: told, apiAddress, handle };
  } catch (cause) {
    throw new DeviceError(
      'onnxruntime-unusable',
      `Cannot load ONNX Runtime from ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        try:
          namedLibrary() === undefined
            ? 'Reinstall with `npm install`; on Linux, glibc 2.28 or newer is needed.'
            : `Set MARIA_ORT_LIBRARY to a library of ONNX Runtime 1.${version} or newer, or unset it.`,
        cause,
      },
    );
  }
}

/** "1.30.0" and the like: the version of the C API is the second number. */
function isAtLeast(told: string, version: number): boolean {
  const [, minor] = /^1\.(\d+)\./.exec(told) ?? [];
  return Number(minor) >= version;
}

function pointerAt(koffi: Koffi, table: bigint, index: number): bigint {
  return BigInt(koffi.decode.uint64(table + BigInt(index * 8)));
}
