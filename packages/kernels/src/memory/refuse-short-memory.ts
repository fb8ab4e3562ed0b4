// Refuses to load a model that the machine has no memory for, before the system kills the process for it.
import { DeviceError } from '@maria/core';
import type { Quantization } from '../quantize/scheme.js';
import { type AvailableMemory, availableMemory } from './available.js';
import { type EstimatedModel, estimateMemory, type MemoryEstimate } from './estimate.js';

/** @throws DeviceError `memory-short` with the numbers, and with what would fit */
export function refuseShortMemory(
  model: EstimatedModel,
  quantize: Quantization,
  available: AvailableMemory = availableMemory(),
): void {
  const estimate = estimateMemory(model, quantize);
  if (estimate.total <= available.bytes) return;
  const { weights, kvCache } = estimate;
  const parts = `weights ${gibibytes(weights)}, KV cache ${gibibytes(kvCache)}`;
  const place = available.limit === 'container' ? 'left of the container’s limit' : 'available';
  throw new DeviceError(
    'memory-short',
    `Cannot load the model: it takes about ${gibibytes(estimate.total)} of memory (${parts}), and ${gibibytes(available.bytes)} are ${place}.`,
    { try: remedy(model, quantize, estimate, available) },
  );
}

/** The first of these that would fit, else the last. */
function remedy(
  model: EstimatedModel,
  quantize: Quantization,
  estimate: MemoryEstimate,
  available: AvailableMemory,
): string {
  const shorter = { ...model, capacity: Math.min(model.capacity, 1024) };
  const savings = estimate.kvCache - estimateMemory(shorter, quantize).kvCache;
  if (estimate.total - savings <= available.bytes) return `Give --context ${shorter.capacity}.`;
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

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
