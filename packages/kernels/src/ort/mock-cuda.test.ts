// CUDA without a GPU: what the provider is asked for, and what is said where its library does not work or memory ends.
import { rmSync } from 'node:fs';
import path from 'node:path';
import {
  float32,
  input,
  ops,
  randomKey,
  type StateStorage,
  state,
  trace,
  type Value,
  variable,
  weightsInMemory,
} from '@maria/core';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseBackend } from '../choose-backend.js';
import type { DeviceDType } from '../device.js';
import { requireBfloat16 } from './cuda.js';
import type { LoadedLibrary } from './library.js';
import { failing, folderWithCuda, type MockCuda, type Mocks } from './mock-library.test.support.js';
import { ortBackend } from './ort-backend.js';

const mock = vi.hoisted(() => ({ folder: '', mocks: {} as Mocks, cuda: undefined as MockCuda | undefined }));
vi.mock('./library.js', async (original) => {
  const library = await original<typeof import('./library.js')>();
  return {
    ...library,
    loadLibrary: async (...given: Parameters<typeof library.loadLibrary>): Promise<LoadedLibrary> => {
      const { folderWithCuda, mockCuda, mockedLibrary } = await import('./mock-library.test.support.js');
      const loaded = await library.loadLibrary(...given);
      mock.folder = folderWithCuda();
      mock.cuda = mockCuda(loaded);
      return { ...mockedLibrary(loaded, mock.mocks), path: path.join(mock.folder, 'libonnxruntime.so.1') };
    },
  };
});

await chooseBackend({ backend: 'ort' });
const cuda = mock.cuda!;
afterAll(() => rmSync(mock.folder, { recursive: true }));
beforeEach(() => {
  for (const name of Object.keys(mock.mocks)) delete mock.mocks[name as keyof Mocks];
  Object.assign(mock.mocks, cuda.mocks);
  cuda.options.length = 0;
  cuda.memory.length = 0;
  cuda.pinned.length = 0;
});

function normals(shape: readonly [number, number, number], seed: number): Value {
  const random = randomKey(seed);
  const length = shape[0] * shape[1] * shape[2];
  return float32(
    Float32Array.from({ length }, (_, i) => random.normal(i, 0)),
    shape,
  );
}

function expectClose(actual: Value, expected: Value, tolerance: number): void {
  const differences = expected.data.map((value, i) => Math.abs(value - actual.data[i]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance);
}

const isElsewhere = !['linux', 'win32'].includes(process.platform);

describe.skipIf(isElsewhere)('the provider of CUDA', () => {
  it('is asked for the device, memory that grows by what is needed, and products in full float32', async () => {
    expect((await chooseBackend({ device: 'cuda:2' })).device).toBe('cuda:2');
    expect(cuda.options).toEqual([
      { device_id: '2', arena_extend_strategy: 'kSameAsRequested', use_tf32: '0' },
    ]);
    await chooseBackend({ device: 'cuda', gpuMemory: 2 ** 31, tf32: true });
    expect(cuda.options[1]).toEqual({
      device_id: '0',
      arena_extend_strategy: 'kSameAsRequested',
      use_tf32: '1',
      gpu_mem_limit: '2147483648',
    });
  });

  it.each([
    [
      'Failed to load library libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file',
      /CUDA 12 and cuDNN 9.*LD_LIBRARY_PATH/,
    ],
    [
      'Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file',
      /CUDA 13 and cuDNN 9/,
    ],
    ['CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version', /newest driver/],
    ['CUDA failure 100: no CUDA-capable device is detected', /newest driver/],
    ['CUDA failure 101: invalid device ordinal', /cuda:0/],
    ['LoadLibrary failed with error 126', /ONNXRUNTIME_NODE_INSTALL=cuda12/],
  ])('that says "%s" is told of with what mends it', async (message, remedy) => {
    mock.mocks.SessionOptionsAppendExecutionProvider_CUDA_V2 = () => failing(message);
    for (const backend of ['auto', 'ort'] as const)
      await expect(chooseBackend({ backend, device: 'cuda' })).rejects.toMatchObject({
        code: 'device-unusable',
        exitStatus: 5,
        message: `Cannot use the device "cuda:0": ${message}`,
        try: expect.stringMatching(remedy),
        facts: { device: 'cuda:0' },
      });
  });

  it('computes in bfloat16 on cards that have it', async () => {
    const card = { name: 'NVIDIA T4', memory: { total: 2 ** 34 } };
    const cards = (generation: number) => Promise.resolve([{ ...card, generation }]);
    const device = { kind: 'cuda', index: 0 } as const;
    await expect(requireBfloat16(device, cards(8))).resolves.toBeUndefined();
    await expect(requireBfloat16(device, Promise.resolve(undefined))).resolves.toBeUndefined();
    await expect(requireBfloat16(device, cards(7))).rejects.toMatchObject({
      code: 'dtype-unfit',
      exitStatus: 5,
      message: 'Cannot compute in bfloat16 on "cuda:0": NVIDIA T4 has float32 and float16 only.',
    });
  });

  it('is not looked for where its library is not beside the other', async () => {
    rmSync(path.join(mock.folder, 'libonnxruntime_providers_cuda.so'), { force: true });
    rmSync(path.join(mock.folder, 'onnxruntime_providers_cuda.dll'), { force: true });
    try {
      await expect(chooseBackend({ device: 'cuda' })).rejects.toMatchObject({
        code: 'device-unusable',
        message: expect.stringContaining(`is not installed, `),
        try: expect.stringContaining('ONNXRUNTIME_NODE_INSTALL=cuda12'),
      });
    } finally {
      folderWithCuda(mock.folder);
    }
  });
});

describe.skipIf(isElsewhere)('a program on the device', () => {
  const [heads, headSize, capacity, lanes] = [2, 16, 64, 3];
  const device = { kind: 'cuda', index: 1 } as const;
  const compiled = (onDevice = true, storage: StateStorage = 'float32', dtype: DeviceDType = 'float32') => {
    const rows = input('rows', [1, 'time', heads * headSize]);
    const [keys, values] = ['keys', 'values'].map((name) =>
      state(name, [lanes, heads, capacity, headSize], storage),
    );
    const x = ops.multiply(rows, 0.9);
    const y = ops.laneAttention(x, x, x, keys!, values!, ops.laneSlots(), { heads });
    return ortBackend({ threads: 1, ...(onDevice && { device, dtype }) }).compile(
      trace({ y }),
      weightsInMemory({}),
    );
  };
  const reads = (lane: number, pastLength: number, rowCount: number) => ({
    rows: normals([1, rowCount, heads * headSize], 10 * lane + pastLength),
    ...ops.slotInputs([{ lane, pastLength, rowCount }]),
  });

  it('has its caches in the memory of that device', async () => {
    const executable = await compiled();
    expect(new Set(cuda.memory.map(([name, index]) => `${name} ${index}`))).toEqual(
      new Set(['Cuda 1', 'CudaPinned 1']),
    );
    expect(cuda.options.every(({ device_id }) => device_id === '1')).toBe(true);
    executable.dispose();
  });

  it.each(['float32', 'float16'] as const)('computes in float16, over a cache of %s', async (storage) => {
    const [half, exact] = await Promise.all([compiled(true, storage, 'float16'), compiled(false)]);
    for (const step of [reads(0, 0, 5), reads(1, 0, 7), reads(0, 5, 9)]) {
      const [actual, expected] = [(await half.run(step)).y!, (await exact.run(step)).y!];
      expectClose(actual, expected, 4e-3);
      expect(actual.data).not.toEqual(expected.data);
    }
    for (const each of [half, exact]) each.dispose();
  });

  const steps = [reads(0, 0, 5), reads(0, 5, 9), reads(1, 0, 2), reads(0, 14, 9), reads(1, 2, 4)];

  it('reads and writes memory that the card reaches itself, which only grows to the longest run', async () => {
    const [executable, onCpu] = [await compiled(), await compiled(false)];
    const made: number[] = [];
    for (const step of steps) {
      const [{ y }, expected] = [await executable.run(step), (await onCpu.run(step)).y!];
      expectClose(y!, expected, 1e-6);
      expect(cuda.isPinned(y!.data)).toBe(true);
      made.push(cuda.pinned.length);
    }
    expect(made.slice(2)).toEqual([made[1], made[1], made[1]]);
    const { y } = await executable.run(reads(2, 0, 3));
    const before = y!.data.slice();
    executable.dispose();
    expect(y!.data).toEqual(before);
    onCpu.dispose();
  });

  it('does without such memory where there is none', async () => {
    mock.mocks.CreateMemoryInfo = (real, name, ...given) =>
      name === 'CudaPinned'
        ? failing('No requested allocator available')
        : cuda.mocks.CreateMemoryInfo!(real, name, ...given);
    const [executable, onCpu] = [await compiled(), await compiled(false)];
    for (const step of steps) {
      const [{ y }, expected] = [await executable.run(step), (await onCpu.run(step)).y!];
      expectClose(y!, expected, 1e-6);
      expect(cuda.isPinned(y!.data)).toBe(false);
    }
    for (const each of [executable, onCpu]) each.dispose();
  });

  it('waits for its inputs before each run', async () => {
    const calls: string[] = [];
    for (const name of ['BindInput', 'SynchronizeBoundInputs', 'RunWithBinding'] as const)
      mock.mocks[name] = (real, ...given) => {
        if (calls.at(-1) !== name) calls.push(name);
        return real(...given);
      };
    const executable = await compiled();
    for (const step of steps) await executable.run(step);
    const runs = calls.flatMap((name, i) => (name === 'RunWithBinding' ? [i] : []));
    expect(runs.length).toBeGreaterThan(steps.length);
    for (const at of runs) expect(calls.slice(at - 2, at)).toEqual(['BindInput', 'SynchronizeBoundInputs']);
    executable.dispose();
  });

  it.each(['float32', 'float16'] as const)(
    'is refused where attention over %s gives nothing',
    async (storage) => {
      mock.mocks.RunWithBinding = () => null;
      const rows = input('rows', [1, 'time', 16]);
      const cache = (name: string) => state(name, [1, 1, 8, 16], storage);
      const y = ops.laneAttention(rows, rows, rows, cache('k'), cache('v'), ops.laneSlots(), { heads: 1 });
      const backend = ortBackend({ threads: 1, device: { kind: 'cuda', index: 3 } });
      await expect(backend.compile(trace({ y }), weightsInMemory({}))).rejects.toMatchObject({
        code: 'device-wrong',
        exitStatus: 5,
      });
    },
  );

  it('is refused where the library would compute it on the CPU', async () => {
    cuda.isPlacedOnCpu = true;
    try {
      await expect(compiled(true, 'float16')).rejects.toMatchObject({
        code: 'device-lacks-kernels',
        exitStatus: 5,
        message: expect.stringMatching(
          /^Cannot compute on cuda:1: it has no kernel for .*GroupQueryAttention/,
        ),
      });
    } finally {
      cuda.isPlacedOnCpu = false;
    }
  });

  it('that runs out of memory in the middle of a run says so, and all lanes hold what they held', async () => {
    const [executable, unharmed] = await Promise.all([compiled(), compiled(false)]);
    const expected = [];
    for (const step of [reads(0, 0, 5), reads(1, 0, 7), reads(0, 5, 9), reads(1, 7, 2)])
      expected.push((await unharmed.run(step)).y!);
    expectClose((await executable.run(reads(0, 0, 5))).y!, expected[0]!, 1e-6);
    expectClose((await executable.run(reads(1, 0, 7))).y!, expected[1]!, 1e-6);
    // What was computed by then is there, and the rest is not.
    mock.mocks.RunWithBinding = (real, ...given) => {
      real(...given);
      return failing('Failed to allocate memory for requested buffer of size 1073741824');
    };
    const half = { ...reads(0, 5, 9), rows: float32(new Float32Array(9 * 32).fill(7), [1, 9, 32]) };
    await expect(executable.run(half)).rejects.toMatchObject({
      code: 'out-of-memory',
      exitStatus: 5,
      message: expect.stringContaining('1073741824'),
      try: expect.stringContaining('fewer texts'),
    });
    mock.mocks.RunWithBinding = () =>
      failing('cuDNN is unavailable for CUDA Execution Provider: no libcudnn.so.9');
    await expect(executable.run(half)).rejects.toMatchObject({
      code: 'device-unusable',
      try: expect.stringContaining('cuDNN 9'),
    });
    delete mock.mocks.RunWithBinding;
    expectClose((await executable.run(reads(0, 5, 9))).y!, expected[2]!, 1e-6);
    expectClose((await executable.run(reads(1, 7, 2))).y!, expected[3]!, 1e-6);
    for (const each of [executable, unharmed]) each.dispose();
  });

  it('that has no memory for its caches leaves nothing behind', async () => {
    mock.mocks.CreateTensorAsOrtValue = () => failing('CUDA failure 2: out of memory');
    const released = vi.fn();
    mock.mocks.ReleaseSession = (real, session) => {
      released();
      return real(session);
    };
    await expect(compiled()).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('CUDA failure 2'),
    });
    // The model's, and the one that copies.
    expect(released).toHaveBeenCalledTimes(2);
  });
});

describe.skipIf(isElsewhere)('variables on the device', () => {
  const device = { kind: 'cuda', index: 1 } as const;
  const shape = [2, 3];
  const [w, g] = [variable('w', shape), variable('g', shape)];
  const x = input('x', ['n', 3]);
  const y = input('y', ['n', 2]);
  /** Sums a product into g, then takes a step of w along it: the first reads what it writes, the second does not. */
  const programs = [
    trace({}, [[g, ops.matmulAdd(y, x, g, { transposeA: true })]]),
    trace({ before: ops.sum(w) }, [
      [w, ops.subtract(ops.multiply(w, input('keep', [])), ops.multiply(g, 0.1))],
    ]),
  ];
  const inputs = {
    x: float32([1, 2, 3, 4, 5, 6], [2, 3]),
    y: float32([1, -1, 2, 0.5], [2, 2]),
    keep: float32([0.9], []),
  };
  const memory = () => ({ w: Float32Array.of(1, 2, 3, 4, 5, 6), g: new Float32Array(6).fill(0.5) });
  const holding = (of: ReturnType<typeof memory>) => Object.values(of).map((data) => ({ shape, data }));

  async function opened(onDevice: boolean, of: ReturnType<typeof memory>) {
    const backend = ortBackend({ threads: 1, ...(onDevice && { device, dtype: 'float16' as const }) });
    const [sums, step] = await Promise.all(
      programs.map((program) => backend.compile(program, weightsInMemory({}), of)),
    );
    return { backend, sums: sums!, step: step! };
  }
  async function twoSteps({ sums, step }: Awaited<ReturnType<typeof opened>>) {
    const before: number[] = [];
    for (let i = 0; i < 2; i++) {
      await sums.run({ x: inputs.x, y: inputs.y });
      await sums.run({ x: inputs.x, y: inputs.y });
      before.push((await step.run({ keep: inputs.keep })).before!.data[0]!);
    }
    return before;
  }
  const countCopies = () => {
    const copies = vi.fn();
    mock.mocks.BindInput = (real, ...given) => {
      if (given[1] === 'from') copies();
      return real(...given);
    };
    return copies;
  };

  it.each([false, true])('are what they are on the CPU, in float32; held: %s', async (isHeld) => {
    const [own, expected] = [memory(), memory()];
    const copies = countCopies();
    const there = await opened(true, own);
    const held = isHeld ? await there.backend.hold!(holding(own)) : undefined;
    const before = await twoSteps(there);
    expect(before).toEqual(await twoSteps(await opened(false, expected)));
    if (held) {
      // Up once, and down when they are asked for, where runs have updated them.
      expect(own).toEqual(memory());
      expect(copies).toHaveBeenCalledTimes(2);
      await held.read([own.w]);
      expect(own.w).toEqual(expected.w);
      await held.read();
      await held.read();
      expect(copies).toHaveBeenCalledTimes(4);
    }
    expect(own).toEqual(expected);
    if (!held) return;
    held.dispose();
    await there.step.run({ keep: inputs.keep });
    expect(own.w).not.toEqual(expected.w);
    await expect(held.read()).rejects.toMatchObject({ code: 'variable-not-held' });
  });

  it('are brought back whole by a read that is asked for during a run', async () => {
    const [own, expected] = [memory(), memory()];
    const there = await opened(true, own);
    const held = await there.backend.hold!(holding(own));
    await Promise.all([there.step.run({ keep: inputs.keep }), held.read()]);
    await (await opened(false, expected)).step.run({ keep: inputs.keep });
    expect(own).toEqual(expected);
    held.dispose();
  });

  it('that are let go of during a run keep what they were', async () => {
    const own = memory();
    const { backend, step } = await opened(true, own);
    // Where it is not held, its new value is written apart, and copied.
    await step.run({ keep: inputs.keep });
    const held = await backend.hold!(holding(own));
    const before = own.w.fill(7).slice();
    const run = step.run({ keep: inputs.keep });
    await new Promise<void>((resolve) => {
      mock.mocks.RunWithBinding = (real, ...given) => {
        resolve();
        return real(...given);
      };
    });
    held.dispose();
    await run;
    expect(own.w).toEqual(before);
  });

  it('are what they were after a run that broke off, unless it wrote in place', async () => {
    const own = memory();
    const { backend, sums } = await opened(true, own);
    const held = await backend.hold!(holding(own));
    const run = () => sums.run({ x: inputs.x, y: inputs.y });
    await run();
    await held.read();
    const after = own.g.slice();
    mock.mocks.RunWithBinding = (real, ...given) => {
      real(...given);
      return failing('Failed to allocate memory for requested buffer of size 1073741824');
    };
    await expect(run()).rejects.toMatchObject({ code: 'out-of-memory' });
    delete mock.mocks.RunWithBinding;
    await held.read();
    expect(own.g).toEqual(after);
    held.dispose();
  });

  it('stay held by whom holds them next, when the first one lets go again', async () => {
    const own = memory();
    const { backend, sums } = await opened(true, own);
    const first = await backend.hold!(holding(own));
    const run = () => sums.run({ x: inputs.x, y: inputs.y });
    await run();
    first.dispose();
    const second = await backend.hold!(holding(own));
    first.dispose();
    await run();
    expect(own).toEqual(memory());
    await second.read();
    expect(own.g).not.toEqual(memory().g);
    second.dispose();
  });

  it('are refused in another shape, twice, and where there is no room for them', async () => {
    const own = memory();
    const { backend, step } = await opened(true, own);
    const held = await backend.hold!([{ shape: [6], data: own.w }]);
    await expect(step.run({ keep: inputs.keep })).rejects.toThrow(
      'the variable "w" is held as [6], its shape is [2, 3]',
    );
    await expect(backend.hold!(holding(own))).rejects.toMatchObject({
      code: 'variable-held',
      message: 'Cannot hold 2 variables on cuda:1: one of shape [2, 3] is held already.',
    });
    await expect(backend.hold!([])).rejects.toMatchObject({
      code: 'no-variables',
      message: 'Cannot hold variables on cuda:1: none are given.',
    });
    await expect(held.read([own.g])).rejects.toMatchObject({
      code: 'variable-not-held',
      message: 'Cannot read 1 variable from cuda:1: one of 6 numbers is not held.',
    });
    await held.read([own.w]);
    held.dispose();
    mock.mocks.CreateTensorAsOrtValue = () => failing('CUDA failure 2: out of memory');
    await expect(backend.hold!(holding(own))).rejects.toMatchObject({
      code: 'out-of-memory',
      exitStatus: 5,
      message: 'Cannot hold 48 bytes of variables on cuda:1: CUDA failure 2: out of memory',
      try: expect.stringContaining('on the CPU'),
    });
  });
});
