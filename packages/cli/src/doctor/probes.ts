// What runs native code to find out whether it works.
import {
  type BackendName,
  backendNames,
  builtInDevices,
  chooseBackend,
  cudaCards,
  type DeviceKind,
  int4RowsAreExact,
  int8Limit,
  loadKoffi,
  loadRuntime,
  rowsAreExact,
  vulkanCards,
} from '@maria/kernels';
import { computeOn } from './compute-on.js';
import { type SelfTest, selfTest } from './self-test.js';

export interface LibraryFacts {
  /** Path of the file. */
  readonly library: string;
  readonly version: string;
  /** Devices that the library was built for. Whether the machine has them is another matter. */
  readonly devices: readonly DeviceKind[];
}

async function examineLibrary(): Promise<LibraryFacts> {
  const runtime = await loadRuntime();
  const { path, version } = runtime.library;
  return { library: path, version, devices: builtInDevices(runtime) };
}

const selfTests = Object.fromEntries(backendNames.map((name) => [name, () => selfTest(name)])) as Readonly<
  Record<BackendName, () => Promise<SelfTest>>
>;

/** Each may throw, hang or end the process. */
export const probes = {
  koffi: async () => ({ version: (await loadKoffi()).version }),
  library: examineLibrary,
  int4: async () => ({ exact: await int4RowsAreExact(await chooseBackend()) }),
  int8: async () => ({ limit: await int8Limit(await chooseBackend()) }),
  rows: async () => ({ exact: await rowsAreExact(await chooseBackend()) }),
  /** The cards that NVIDIA's driver, and Vulkan, know of; nothing where there is no such driver. */
  cudaCards: async () => ({ cards: await cudaCards() }),
  vulkanCards: async () => ({ cards: await vulkanCards() }),
  /** Of a backend, and the name of a device. */
  compute: computeOn,
  ...selfTests,
} as const;

export type ProbeName = keyof typeof probes;
export type ProbeResult<N extends ProbeName> = Awaited<ReturnType<(typeof probes)[N]>>;
/** Strings: they go to another process. */
export type ProbeArguments<N extends ProbeName> = Parameters<(typeof probes)[N]>;

/** The probe of a name, as what any of them is. */
export function probeOf<N extends ProbeName>(
  name: N,
): (...given: ProbeArguments<N>) => Promise<ProbeResult<N>> {
  return probes[name] as unknown as (...given: ProbeArguments<N>) => Promise<ProbeResult<N>>;
}
