// What `maria doctor` finds out: versions, libraries, memory, caches, and whether the models give what they should.
import { availableParallelism } from 'node:os';
import {
  type AvailableMemory,
  availableMemory,
  cacheFolder,
  hubSettings,
  listCopies,
  listModels,
} from '@maria/checkpoints';
import type { Int8Limit } from '@maria/core';
import { autoBackends, type BackendName, physicalCores } from '@maria/kernels';
import { type DeviceFinding, examineDevices } from './examine-devices.js';
import type { LibraryFacts } from './probes.js';
import { type Finding, failureOf, runProbe } from './run-probe.js';
import type { SelfTest } from './self-test.js';

export interface Examination {
  readonly node: { readonly version: string; readonly supported: boolean };
  /** For example linux-x64. */
  readonly platform: string;
  readonly onnxRuntime: Finding<LibraryFacts>;
  readonly koffi: Finding<{ readonly version: string }>;
  /** As `maria devices` has them. */
  readonly devices: readonly DeviceFinding[];
  /** Whether the kernel of int4 gives a row the same bits by itself as beside others; where not, such a row is computed twice. */
  readonly int4: Finding<{ readonly exact: boolean }>;
  /** Largest integer of an int8 weight with which this machine's kernels sum exactly. */
  readonly int8: Finding<{ readonly limit: Int8Limit }>;
  /** Whether rows have the same bits whatever is computed beside them. */
  readonly rows: Finding<{ readonly exact: boolean }>;
  /** Threads that one computation uses, and the CPUs that this process may run on. */
  readonly threads: { readonly used: number; readonly cpus: number };
  readonly memory: AvailableMemory;
  readonly caches: {
    readonly quantized: Finding<CacheSize>;
    readonly hub: Finding<CacheSize>;
  };
  /** Of the backends that `auto` takes, in order of preference. */
  readonly selfTests: readonly SelfTest[];
  /** Whether models can run: one of the backends passed. */
  readonly healthy: boolean;
}

export interface CacheSize {
  readonly folder: string;
  readonly entries: number;
  readonly bytes: number;
}

/** What goes wrong is a finding. @throws the reason of the signal, which a finding may come from then */
export async function examine(signal: AbortSignal): Promise<Examination> {
  const [onnxRuntime, koffi, devices, int4, int8, rows, ...selfTests] = await Promise.all([
    runProbe('library', signal),
    runProbe('koffi', signal),
    examineDevices(signal),
    runProbe('int4', signal),
    runProbe('int8', signal),
    runProbe('rows', signal),
    ...autoBackends.map((backend) => tested(backend, signal)),
  ]);
  signal.throwIfAborted();
  return {
    node: { version: process.version, supported: isSupported(process.versions.node) },
    platform: `${process.platform}-${process.arch}`,
    onnxRuntime,
    koffi,
    devices,
    int4,
    int8,
    rows,
    threads: { used: physicalCores(), cpus: availableParallelism() },
    memory: availableMemory(),
    caches: {
      quantized: await finding(async () => sizeOf(cacheFolder(), await listCopies())),
      hub: await finding(async () => sizeOf(hubSettings().cacheFolder, await listModels())),
    },
    selfTests,
    healthy: selfTests.some(({ passed }) => passed),
  };
}

async function tested(backend: BackendName, signal: AbortSignal): Promise<SelfTest> {
  const test = await runProbe(backend, signal);
  return 'backend' in test ? test : { backend, passed: false, ...test };
}

async function finding<T>(find: () => Promise<T>): Promise<Finding<T>> {
  try {
    return await find();
  } catch (error) {
    return failureOf(error);
  }
}

/** As package.json's `engines` has it: 20.19 or newer. */
function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

function sizeOf(folder: string, entries: readonly { readonly size: number }[]): CacheSize {
  return { folder, entries: entries.length, bytes: entries.reduce((total, { size }) => total + size, 0) };
}
