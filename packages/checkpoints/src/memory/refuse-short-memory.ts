// Refuses to load a model that the machine has no memory for, before the system kills the process for it.
import { DeviceError, type MariaErrorOptions } from '@maria/core';
import type { Quantization } from '../quantize/scheme.js';
import { type AvailableMemory, availableMemory, placeOf } from './available.js';
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
  throw new DeviceError(
    'memory-short',
    `Cannot load ${what}: it takes about ${gibibytes(total)} of memory (${parts}), and ${gibibytes(available.bytes)} are ${placeOf(available)}.`,
    remedyOptions(remedy(model, quantizations, available)),
  );
}

/** Options of the load that would fit, and how many bytes it would take if that is not told already. */
interface Remedy {
  readonly kvCache?: 'float16';
  readonly capacity?: number;
  readonly quantize?: Quantization;
  /** In place of several quantisations. */
  readonly alone?: boolean;
  readonly takes?: number;
}

function remedyOptions(remedy: Remedy | undefined): MariaErrorOptions {
  if (!remedy) return { try: 'Use a smaller model, or a machine with more memory.' };
  const { kvCache, quantize, capacity, alone, takes } = remedy;
  const changes = [
    kvCache && `a KV cache of ${kvCache}`,
    quantize && `weights as ${quantize}`,
    capacity && `a context of ${capacity} tokens`,
  ].filter((change) => change !== undefined);
  const size = takes === undefined ? '' : `, which takes about ${gibibytes(takes)}`;
  return {
    try: `Use ${changes.join(' and ')}${alone ? ' alone' : ''}${size}.`,
    facts: { ...remedy },
  };
}

/** The first of these that would fit, else the last. */
function remedy(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  available: AvailableMemory,
): Remedy | undefined {
  const half: EstimatedModel = { ...model, cacheStorage: 'float16' };
  if (estimateTogether(half, quantizations).total <= available.bytes) return { kvCache: 'float16' };
  const shorter = { ...model, capacity: Math.min(model.capacity, 1024) };
  const { kvCache, total } = estimateTogether(model, quantizations);
  const savings = kvCache - estimateTogether(shorter, quantizations).kvCache;
  if (total - savings <= available.bytes) return { capacity: shorter.capacity };
  if (quantizations.length > 1) return remedyOfSeveral(model, quantizations, available);
  const [quantize] = quantizations;
  const smaller = (['int8', 'int4'] as const).filter(
    (scheme) => quantize === 'none' || (quantize === 'int8' && scheme === 'int4'),
  );
  for (const scheme of smaller)
    if (estimateMemory(model, scheme).total <= available.bytes)
      return { quantize: scheme, takes: estimateMemory(model, scheme).total };
  const least = estimateMemory(shorter, 'int4').total;
  return least <= available.bytes || quantize !== 'int4'
    ? { quantize: 'int4', ...(model.ar && { capacity: shorter.capacity }), takes: least }
    : undefined;
}

/** The smallest alone, if it fits, else what would make it fit. */
function remedyOfSeveral(
  model: EstimatedModel,
  quantizations: readonly Quantization[],
  available: AvailableMemory,
): Remedy | undefined {
  const totalOf = (quantize: Quantization) => estimateMemory(model, quantize).total;
  const smallest = [...quantizations].sort((a, b) => totalOf(a) - totalOf(b))[0]!;
  return totalOf(smallest) <= available.bytes
    ? { quantize: smallest, alone: true, takes: totalOf(smallest) }
    : remedy(model, [smallest], available);
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
