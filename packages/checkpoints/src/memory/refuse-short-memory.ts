// Refuses to load a model that the machine has no memory for, before the system kills the process for it.
import { DeviceError } from '@maria/core';
import type { Quantization } from '../quantize/scheme.js';
import { type AvailableMemory, availableMemory } from './available.js';
import { type EstimatedModel, estimateMemory, estimateTogether } from './estimate.js';

/**
 * @param quantizations in which the model is to be in memory at the same time
 * @throws DeviceError `memory-short` with the numbers, and with what would fit
 */
export function refuseShortMemory(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  available: AvailableMemory = availableMemory(),
): void {
  const { weights, kvCache, total } = estimateTogether(model, quantizations);
  if (total <= available.bytes) return;
  const what = quantizations.length > 1 ? `the model as ${quantizations.join(' and ')} at once` : 'the model';
  const parts = `weights ${gibibytes(weights)}, KV cache ${gibibytes(kvCache)}`;
  const place = available.limit === 'container' ? 'left of the container’s limit' : 'available';
  throw new DeviceError(
    'memory-short',
    `Cannot load ${what}: it takes about ${gibibytes(total)} of memory (${parts}), and ${gibibytes(available.bytes)} are ${place}.`,
    { try: remedy(model, quantizations, available) },
  );
}

/** The first of these that would fit, else the last. */
function remedy(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  available: AvailableMemory,
): string {
  const half: EstimatedModel = { ...model, cacheStorage: 'float16' };
  if (estimateTogether(half, quantizations).total <= available.bytes) return 'Give --kv-cache float16.';
  const shorter = { ...model, capacity: Math.min(model.capacity, 1024) };
  const { kvCache, total } = estimateTogether(model, quantizations);
  const savings = kvCache - estimateTogether(shorter, quantizations).kvCache;
  if (total - savings <= available.bytes) return `Give --context ${shorter.capacity}.`;
  if (quantizations.length > 1) return remedyOfSeveral(model, quantizations, available);
  const [quantize] = quantizations;
  const smaller = (['int8', 'int4'] as const).filter(
    (scheme) => quantize === 'none' || (quantize === 'int8' && scheme === 'int4'),
  );
  for (const scheme of smaller)
    if (estimateMemory(model, scheme).total <= available.bytes)
      return `Give --quantize ${scheme}, which takes about ${gibibytes(estimateMemory(model, scheme).total)}.`;
  const least = estimateMemory(shorter, 'int4').total;
  return least <= available.bytes || quantize !== 'int4'
    ? `Give --quantize int4 --context ${shorter.capacity}, which takes about ${gibibytes(least)}.`
    : 'Use a smaller model, or a machine with more memory.';
}

/** The smallest alone, if it fits, else what would make it fit. */
function remedyOfSeveral(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  available: AvailableMemory,
): string {
  const totalOf = (quantize: Quantization) => estimateMemory(model, quantize).total;
  const smallest = [...quantizations].sort((a, b) => totalOf(a) - totalOf(b))[0]!;
  return totalOf(smallest) <= available.bytes
    ? `Give --quantize ${smallest} alone, which takes about ${gibibytes(totalOf(smallest))}.`
    : remedy(model, [smallest], available);
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
