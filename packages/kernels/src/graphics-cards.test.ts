// What drivers tell of their cards, given as theirs are: through addresses. No driver is loaded.
import { describe, expect, it } from 'vitest';
import { cudaCards, vulkanCards } from './graphics-cards.js';
import type { Koffi } from './ort/koffi.js';

type Functions = Readonly<Record<string, (...given: never[]) => unknown>>;

/** Libraries by their names; what is not there does not load. */
const koffiWith = (libraries: Readonly<Record<string, Functions>>) =>
  ({
    load: (name: string) => {
      const functions = libraries[name];
      if (!functions) throw new Error(`${name}: cannot open shared object file`);
      return {
        func: (name: string) => {
          const found = functions[name];
          if (!found) throw new Error(`Cannot find function '${name}'`);
          return found;
        },
      };
    },
  }) as unknown as Koffi;

const write = (bytes: Uint8Array, text: string, at = 0) => {
  bytes.set(new TextEncoder().encode(`${text}\0`), at);
};

const GiB = 2 ** 30;
const cards = [
  { name: 'NVIDIA H200', bus: '0000:01:00.0', total: 141 * GiB, free: 140 * GiB, major: 9 },
  { name: 'NVIDIA T4', bus: '0000:02:00.0', total: 16 * GiB, free: 2 * GiB, major: 7 },
];

const driver: Functions = {
  cuInit: () => 0,
  cuDeviceGetCount: (cell: Int32Array) => {
    cell[0] = cards.length;
    return 0;
  },
  // Devices are handles, not the numbers themselves.
  cuDeviceGet: (cell: Int32Array, index: number) => {
    cell[0] = index + 10;
    return 0;
  },
  cuDeviceTotalMem_v2: (cell: BigUint64Array, device: number) => {
    cell[0] = BigInt(cards[device - 10]!.total);
    return 0;
  },
  cuDeviceGetName: (bytes: Uint8Array, _length: number, device: number) => {
    write(bytes, cards[device - 10]!.name);
    return 0;
  },
  cuDeviceGetPCIBusId: (bytes: Uint8Array, _length: number, device: number) => {
    write(bytes, cards[device - 10]!.bus);
    return 0;
  },
  cuDeviceGetAttribute: (cell: Int32Array, attribute: number, device: number) => {
    cell[0] = attribute === 75 ? cards[device - 10]!.major : -1;
    return 0;
  },
};

const monitor: Functions = {
  nvmlInit_v2: () => 0,
  nvmlDeviceGetHandleByPciBusId_v2: (bus: string, cell: BigUint64Array) => {
    const index = cards.findIndex((card) => card.bus === bus);
    cell[0] = BigInt(index + 100);
    return index < 0 ? 1 : 0;
  },
  nvmlDeviceGetMemoryInfo: (handle: bigint, memory: BigUint64Array) => {
    const { total, free } = cards[Number(handle) - 100]!;
    memory.set([BigInt(total), BigInt(free), BigInt(total - free)]);
    return 0;
  },
};

describe.skipIf(process.platform !== 'linux')('cards of NVIDIA', () => {
  it('are told in the order of CUDA, with what they have left where that is known', async () => {
    const told = await cudaCards(koffiWith({ 'libcuda.so.1': driver, 'libnvidia-ml.so.1': monitor }));
    expect(told).toEqual([
      { name: 'NVIDIA H200', memory: { total: 141 * GiB, available: 140 * GiB }, generation: 9 },
      { name: 'NVIDIA T4', memory: { total: 16 * GiB, available: 2 * GiB }, generation: 7 },
    ]);
    const [first] = (await cudaCards(koffiWith({ 'libcuda.so.1': driver })))!;
    expect(first).toEqual({ name: 'NVIDIA H200', memory: { total: 141 * GiB }, generation: 9 });
  });

  it('are none without a driver, and an error of the driver is one', async () => {
    expect(await cudaCards(koffiWith({}))).toBeUndefined();
    const broken = koffiWith({ 'libcuda.so.1': { ...driver, cuInit: () => 999 } });
    await expect(cudaCards(broken)).rejects.toThrow('cuInit of the driver of NVIDIA gave the error 999');
  });
});

describe.skipIf(process.platform !== 'linux')('cards of Vulkan', () => {
  const devices = [
    { name: 'SwiftShader Device', type: 4, heap: 2 * GiB },
    { name: 'AMD Radeon RX 7900', type: 2, heap: 24 * GiB },
    { name: 'Intel UHD', type: 1, heap: 8 * GiB },
  ];
  const vulkan = (count = devices.length): Functions => ({
    vkCreateInstance: (info: BigUint64Array, _none: null, cell: BigUint64Array) => {
      cell[0] = 7n;
      return info[0] === 1n ? 0 : -1;
    },
    vkEnumeratePhysicalDevices: (_instance: bigint, length: Uint32Array, list: BigUint64Array | null) => {
      length[0] = count;
      for (let i = 0; list && i < count; i++) list[i] = BigInt(i);
      return 0;
    },
    vkGetPhysicalDeviceProperties: (device: bigint, told: Uint8Array) => {
      const { name, type } = devices[Number(device)]!;
      new DataView(told.buffer).setUint32(16, type, true);
      write(told, name, 20);
    },
    vkGetPhysicalDeviceMemoryProperties: (device: bigint, memory: Uint8Array) => {
      const view = new DataView(memory.buffer);
      view.setUint32(260, 2, true);
      view.setBigUint64(264, 2n ** 28n, true);
      view.setBigUint64(264 + 16, BigInt(devices[Number(device)]!.heap), true);
    },
    vkDestroyInstance: () => undefined,
  });

  it('are told with the one first that WebGPU takes', async () => {
    expect(await vulkanCards(koffiWith({ 'libvulkan.so.1': vulkan() }))).toEqual([
      { name: 'AMD Radeon RX 7900', memory: { total: 24 * GiB } },
      { name: 'Intel UHD', memory: { total: 8 * GiB } },
      { name: 'SwiftShader Device', memory: { total: 2 * GiB } },
    ]);
  });

  it('are none where Vulkan has no driver, and unknown without Vulkan', async () => {
    expect(await vulkanCards(koffiWith({ 'libvulkan.so.1': vulkan(0) }))).toEqual([]);
    expect(await vulkanCards(koffiWith({}))).toBeUndefined();
  });
});
