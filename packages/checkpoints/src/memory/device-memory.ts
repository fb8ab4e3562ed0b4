// How much memory there is where a model's weights and caches are: on the machine, or on a device of its own.
import { type CudaCard, cudaCards, type Device, type GraphicsCard, vulkanCards } from '@maria/kernels';
import { type AvailableMemory, availableMemory } from './available.js';

export interface FoundCards {
  readonly cuda: () => Promise<readonly CudaCard[] | undefined>;
  readonly vulkan: () => Promise<readonly GraphicsCard[] | undefined>;
}

/** Of a card that does not tell how much it has left, taken to be so. */
const partLeft = 0.8;

/**
 * What a driver does not tell is taken to be as on the machine. To be called when the device is known to work: its driver is loaded.
 * @param device not the CPU
 * @param limit of the user's on the device, in bytes
 */
export async function memoryOf(
  device: Device,
  limit = Number.POSITIVE_INFINITY,
  find: FoundCards = { cuda: cudaCards, vulkan: vulkanCards },
): Promise<AvailableMemory> {
  const cards = await (device.kind === 'cuda' ? find.cuda() : find.vulkan()).catch(() => undefined);
  const memory = cards?.[device.index]?.memory;
  if (!memory) return availableMemory();
  const { total, available = partLeft * total } = memory;
  return { bytes: Math.min(available, limit), total, limit: 'device' };
}
