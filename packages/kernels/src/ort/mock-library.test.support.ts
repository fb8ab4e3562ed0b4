// For tests: an ONNX Runtime library of which some functions are others, given as the library's table gives them. The rest is the real one.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ElementType } from '../onnx/proto.js';
import { type ApiName, apiTable } from './api-table.js';
import type { Koffi } from './koffi.js';
import type { LoadedLibrary } from './library.js';

type Parameters = readonly unknown[];
/** Returns what the C function returns: of one that gives a status, null or what `failing` gave. */
export type NativeMock = (real: (...given: Parameters) => unknown, ...given: Parameters) => unknown;
export type Mocks = Partial<Record<ApiName, NativeMock>>;

interface Callable {
  (...given: Parameters): unknown;
  async(...given: [...Parameters, (error: unknown, result: unknown) => void]): void;
}

/** Statuses that the library did not make, by their addresses. */
const statuses = new Map<bigint, string>();

/** A status that says so, until it is released. */
export function failing(message: string): bigint {
  const address = 0x5000n + BigInt(statuses.size);
  statuses.set(address, message);
  return address;
}

/** OrtErrorCode. */
const fail = 1;

const ofStatuses: Mocks = {
  GetErrorCode: (real, status) => (statuses.has(status as bigint) ? fail : real(status)),
  GetErrorMessage: (real, status) => statuses.get(status as bigint) ?? real(status),
  ReleaseStatus: (real, status) => (statuses.has(status as bigint) ? undefined : real(status)),
};

/** @param mocks are looked at in each call: they may change */
export function mockedLibrary(library: LoadedLibrary, mocks: Mocks): LoadedLibrary {
  const { koffi, apiAddress } = library;
  const nameAt = new Map(
    (Object.keys(apiTable) as ApiName[]).map((name) => [
      BigInt(koffi.decode.uint64(apiAddress + BigInt(apiTable[name].index * 8))),
      name,
    ]),
  );
  const decode = (...given: [bigint, never]): unknown => {
    const real = koffi.decode(...given) as Callable;
    const name = nameAt.get(given[0]);
    if (name === undefined) return real;
    const mock = () => mocks[name] ?? ofStatuses[name];
    const called = (...given: Parameters) => {
      const instead = mock();
      return instead ? instead(real, ...given) : real(...given);
    };
    return Object.assign(called, {
      async: (...given: Parameters) => {
        const [done, ...others] = given.toReversed() as [
          (error: unknown, result: unknown) => void,
          ...unknown[],
        ];
        const instead = mock();
        const inOrder = others.toReversed();
        if (!instead) return real.async(...inOrder, done);
        const result = instead(real, ...inOrder);
        setImmediate(() => done(null, result));
      },
    });
  };
  const mocked = Object.assign(decode, koffi.decode);
  return { ...library, koffi: { ...koffi, decode: mocked } as unknown as Koffi };
}

/** What the mock of CUDA was asked for. */
export interface MockCuda {
  readonly mocks: Mocks;
  /** Whether the nodes of a session are told to be where they are. */
  isPlacedOnCpu: boolean;
  /** Names and values of the provider's options, of each session. */
  readonly options: Record<string, string>[];
  /** Kinds and numbers of the devices whose memory was asked for. */
  readonly memory: (readonly [string, number])[];
  /** Bytes of a tensor over JavaScript's memory. */
  sizeOf(value: unknown): number;
}

/** Of functions that maria does not call. */
const getTensorMutableData = 51;

/** A provider of CUDA that computes on the CPU, in its memory. */
export function mockCuda({ koffi, apiAddress }: LoadedLibrary): MockCuda {
  const dataOf = koffi.decode(
    BigInt(koffi.decode.uint64(apiAddress + BigInt(getTensorMutableData * 8))),
    koffi.proto('void *', ['void *', 'void *']),
  ) as (value: bigint, cell: BigUint64Array) => unknown;
  const addressOf = (value: bigint) => {
    const cell = new BigUint64Array(1);
    dataOf(value, cell);
    return cell[0]!;
  };
  const ofCuda = Buffer.from('CUDAExecutionProvider\0');
  const sizes = new Map<bigint, number>();
  const options: Record<string, string>[] = [];
  const memory: (readonly [string, number])[] = [];
  const texts = (list: unknown, count: unknown) =>
    Array.from(list as BigUint64Array, (address) => koffi.decode.string(address) as string).slice(
      0,
      count as number,
    );
  const give = (cell: unknown, value: bigint) => {
    (cell as BigUint64Array)[0] = value;
    return null;
  };
  const cuda: MockCuda = {
    options,
    memory,
    sizeOf: (value) => sizes.get(value as bigint) ?? 0,
    isPlacedOnCpu: false,
    mocks: {
      CreateCUDAProviderOptions: (_, cell) => give(cell, 0x6000n),
      UpdateCUDAProviderOptions: (_, _cuda, keys, values, count) => {
        const told = texts(values, count);
        options.push(Object.fromEntries(texts(keys, count).map((key, i) => [key, told[i]!])));
        return null;
      },
      SessionOptionsAppendExecutionProvider_CUDA_V2: () => null,
      ReleaseCUDAProviderOptions: () => undefined,
      CreateTensorWithDataAsOrtValue: (real, ...given) => {
        const status = real(...given);
        sizes.set((given.at(-1) as BigUint64Array)[0]!, given[2] as number);
        return status;
      },
      CreateTensorAsOrtValue: (real, ...given) => {
        const [, dims, rank, type, cell] = given as [unknown, BigInt64Array, number, number, BigUint64Array];
        const status = real(...given);
        const length = dims.slice(0, rank).reduce((a, b) => a * Number(b), 1);
        sizes.set(cell[0]!, length * (type === ElementType.float16 ? 2 : 4));
        return status;
      },
      // Between the CPU and itself the library knows no way.
      CopyTensors: (_, _env, from, to) => {
        const [[source], [target]] = [from, to] as [[bigint], [bigint]];
        const [a, b] = [source, target].map(
          (value) => new Uint8Array(koffi.view(addressOf(value), sizes.get(source)!)),
        ) as [Uint8Array, Uint8Array];
        b.set(a);
        sizes.set(target, sizes.get(source)!);
        return null;
      },
      EpAssignedSubgraph_GetEpName: (real, subgraph, cell) => {
        real(subgraph, cell);
        return cuda.isPlacedOnCpu ? null : give(cell, koffi.address(ofCuda));
      },
      CreateMemoryInfo: (real, name, allocator, index, type, cell) => {
        memory.push([name as string, index as number]);
        return real('Cpu', allocator, 0, type, cell);
      },
    },
  };
  return cuda;
}

/** Where a library is that has the one for CUDA beside it. */
export function folderWithCuda(folder = mkdtempSync(path.join(tmpdir(), 'maria-mock-cuda-'))): string {
  for (const name of ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll'])
    writeFileSync(path.join(folder, name), '');
  return folder;
}
