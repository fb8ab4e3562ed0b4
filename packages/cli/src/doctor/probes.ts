// What runs native code to find out whether it works.
import {
  type BackendName,
  backendNames,
  builtInDevices,
  chooseBackend,
  type Device,
  int8Limit,
  loadKoffi,
  loadRuntime,
  rowsAreExact,
} from '@maria/kernels';
import { examineCuda } from './examine-cuda.js';
import { type SelfTest, selfTest } from './self-test.js';

export interface LibraryFacts {
  /** Path of the file. */
  readonly library: string;
  readonly version: string;
  /** Devices that the library was built for. Whether the machine has them is another matter. */
  readonly devices: readonly Device[];
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
  int8: async () => ({ limit: await int8Limit(await chooseBackend()) }),
  rows: async () => ({ exact: await rowsAreExact(await chooseBackend()) }),
  cuda: async () => examineCuda(await examineLibrary()),
  ...selfTests,
} as const;

export type ProbeName = keyof typeof probes;
export type ProbeResult<N extends ProbeName> = Awaited<ReturnType<(typeof probes)[N]>>;
