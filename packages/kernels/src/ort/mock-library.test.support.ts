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
  /** What was made for the card to reach, in bytes. */
  readonly pinned: number[];
  /** Whether an array lies in it. */
  isPinned(array: ArrayBufferView): boolean;
  /** Bytes of a tensor over JavaScript's memory. */
  sizeOf(value: unknown): number;
}

/** A provider of CUDA that computes on the CPU, in its memory. */
export function mockCuda({ koffi }: LoadedLibrary): MockCuda {
  const ofCuda = Buffer.from('CUDAExecutionProvider\0');
  const sizes = new Map<bigint, number>();
  const options: Record<string, string>[] = [];
  const memory: (readonly [string, number])[] = [];
  const pinned: number[] = [];
  const ranges: (readonly [first: bigint, end: bigint])[] = [];
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
    pinned,
    isPinned: (array) => {
      const first = BigInt(koffi.address(array));
      return ranges.some(([start, end]) => start <= first && first + BigInt(array.byteLength) <= end);
    },
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
      // Only of bytes that JavaScript is to see.
      GetTensorMutableData: (real, value, cell) => {
        const status = real(value, cell);
        const [address] = cell as BigUint64Array;
        ranges.push([address!, address! + BigInt(pinned.at(-1)!)]);
        return status;
      },
      CreateTensorAsOrtValue: (real, allocator, dims, rank, type, cell) => {
        if (type === ElementType.uint8) pinned.push(Number((dims as BigInt64Array)[0]));
        return real(allocator, dims, rank, type, cell);
      },
      EpAssignedSubgraph_GetEpName: (real, subgraph, cell) => {
        real(subgraph, cell);
        return cuda.isPlacedOnCpu ? null : give(cell, koffi.address(ofCuda));
      },
      CreateMemoryInfo: (real, name, allocator, index, _, cell) => {
        memory.push([name as string, index as number]);
        return real('Cpu', allocator, 0, 0, cell);
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
