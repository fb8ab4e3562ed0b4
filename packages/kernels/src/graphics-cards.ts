// The graphics cards of this machine, as their drivers tell of them. Loads the drivers: one that is broken may end the process.
import { type Koffi, loadKoffi } from './ort/koffi.js';

export interface GraphicsCard {
  readonly name: string;
  /** Bytes. What is available is known of NVIDIA's cards only. */
  readonly memory: { readonly total: number; readonly available?: number };
}

export interface CudaCard extends GraphicsCard {
  /** Major version of what it can compute: cards of a new one run no code that was compiled for those before. */
  readonly generation: number;
}

type Library = ReturnType<Koffi['load']>;

function load(koffi: Koffi, names: Partial<Record<NodeJS.Platform, string>>): Library | undefined {
  const name = names[process.platform];
  try {
    return name === undefined ? undefined : koffi.load(name);
  } catch {
    return undefined;
  }
}

/** NVIDIA's cards in the order of CUDA, which CUDA_VISIBLE_DEVICES changes; undefined where there is no driver of NVIDIA. */
export async function cudaCards(koffi?: Koffi): Promise<CudaCard[] | undefined> {
  const loader = koffi ?? (await loadKoffi());
  const driver = load(loader, { linux: 'libcuda.so.1', win32: 'nvcuda.dll' });
  if (!driver) return undefined;
  const call = (name: string, types: string[], ...parameters: unknown[]): void => {
    const status: unknown = driver.func(name, 'int', types)(...parameters);
    if (status !== 0) throw new Error(`${name} of the driver of NVIDIA gave the error ${String(status)}`);
  };
  const number = (name: string, types: string[], ...parameters: unknown[]): number => {
    const cell = new Int32Array(1);
    call(name, ['void *', ...types], cell, ...parameters);
    return cell[0]!;
  };
  const text = (name: string, device: number): string => {
    const bytes = new Uint8Array(256);
    call(name, ['void *', 'int', 'int'], bytes, bytes.length, device);
    return textIn(bytes);
  };
  call('cuInit', ['uint32_t'], 0);
  const availableOf = memoryMonitor(loader);
  return Array.from({ length: number('cuDeviceGetCount', []) }, (_, index) => {
    const device = number('cuDeviceGet', ['int'], index);
    const total = new BigUint64Array(1);
    call('cuDeviceTotalMem_v2', ['void *', 'int'], total, device);
    const available = availableOf(text('cuDeviceGetPCIBusId', device));
    return {
      name: text('cuDeviceGetName', device),
      memory: { total: Number(total[0]), ...(available !== undefined && { available }) },
      generation: number('cuDeviceGetAttribute', ['int', 'int'], majorVersion, device),
    };
  });
}

/** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR */
const majorVersion = 75;

/** Bytes that a card has left, by its place on the bus. NVML tells without making a context on it. */
function memoryMonitor(koffi: Koffi): (bus: string) => number | undefined {
  const monitor = load(koffi, { linux: 'libnvidia-ml.so.1', win32: 'nvml.dll' });
  if (monitor?.func('nvmlInit_v2', 'int', [])() !== 0) return () => undefined;
  const find = monitor.func('nvmlDeviceGetHandleByPciBusId_v2', 'int', ['str', 'void *']);
  const read = monitor.func('nvmlDeviceGetMemoryInfo', 'int', ['void *', 'void *']);
  return (bus) => {
    const handle = new BigUint64Array(1);
    // struct nvmlMemory_t { total; free; used }
    const memory = new BigUint64Array(3);
    if (find(bus, handle) !== 0 || read(handle[0], memory) !== 0) return undefined;
    return Number(memory[1]);
  };
}

/** Those that Vulkan knows, the one first that WebGPU takes; undefined where there is no Vulkan. Linux only: elsewhere WebGPU is on other ground. */
export async function vulkanCards(koffi?: Koffi): Promise<GraphicsCard[] | undefined> {
  const loader = koffi ?? (await loadKoffi());
  const vulkan = load(loader, { linux: 'libvulkan.so.1' });
  if (!vulkan) return undefined;
  const instance = new BigUint64Array(1);
  // struct VkInstanceCreateInfo with its type, 1, and nothing else.
  const info = new BigUint64Array(8);
  info[0] = 1n;
  if (vulkan.func('vkCreateInstance', 'int', ['void *', 'void *', 'void *'])(info, null, instance) !== 0)
    return [];
  const list = vulkan.func('vkEnumeratePhysicalDevices', 'int', ['void *', 'void *', 'void *']);
  const properties = vulkan.func('vkGetPhysicalDeviceProperties', 'void', ['void *', 'void *']);
  const heaps = vulkan.func('vkGetPhysicalDeviceMemoryProperties', 'void', ['void *', 'void *']);
  const count = new Uint32Array(1);
  list(instance[0], count, null);
  const devices = new BigUint64Array(Math.max(1, count[0]!));
  list(instance[0], count, devices);
  const cards = Array.from(devices.subarray(0, count[0]), (device) => {
    // struct VkPhysicalDeviceProperties: deviceType is the fifth number, and the name comes after it.
    const told = new Uint8Array(1024);
    properties(device, told);
    const memory = new Uint8Array(1024);
    heaps(device, memory);
    return {
      name: textIn(told.subarray(20, 20 + 256)),
      memory: { total: largestHeap(memory) },
      rank: preference.indexOf(new DataView(told.buffer).getUint32(16, true)),
    };
  });
  vulkan.func('vkDestroyInstance', 'void', ['void *', 'void *'])(instance[0], null);
  return cards.sort((a, b) => b.rank - a.rank).map(({ name, memory }) => ({ name, memory }));
}

/** VkPhysicalDeviceType, the last one preferred: others, on the processor, virtual, integrated, a card of its own. */
const preference = [0, 4, 3, 1, 2];

/** Of struct VkPhysicalDeviceMemoryProperties: a count of types, 32 of them, a count of heaps, 16 of { size; flags }. */
function largestHeap({ buffer }: Uint8Array): number {
  const view = new DataView(buffer);
  const count = view.getUint32(260, true);
  const sizes = Array.from({ length: count }, (_, i) => Number(view.getBigUint64(264 + 16 * i, true)));
  return Math.max(0, ...sizes);
}

function textIn(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
