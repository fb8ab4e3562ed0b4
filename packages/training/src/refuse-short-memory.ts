// Refuses a run that the machine has no memory for, before the system kills the process for it.
import { type AvailableMemory, availableMemory, gibibytes, placeOf } from '@maria/checkpoints';
import { DeviceError } from '@maria/core';
import type { TrainingPlan } from './plan.js';

type Memory = TrainingPlan['memory'];

/**
 * @param device what is left of the memory of a device that is trained on, where it tells
 * @throws DeviceError `memory-short` with the numbers
 */
export function refuseShortMemory(
  { memory }: Pick<TrainingPlan, 'memory'>,
  device?: AvailableMemory,
  machine: AvailableMemory = availableMemory(),
): void {
  refuse(memory, machine);
  if (device) refuse(onDevice(memory), device);
}

/** Sums of gradients are made anew beside the old ones. What is only read or drawn stays in the machine's memory. */
function onDevice({ backbones, head, optimizer, gradient, logits }: Memory): Partial<Memory> {
  return { backbones, head, optimizer, gradient: 2 * gradient, logits };
}

function refuse(memory: Partial<Memory>, available: AvailableMemory): void {
  const total = Object.values(memory).reduce((sum, bytes) => sum + bytes, 0);
  if (total <= available.bytes) return;
  const largest = Object.entries(memory)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([part, bytes]) => `${part} ${gibibytes(bytes)}`);
  throw new DeviceError(
    'memory-short',
    `Cannot train: it takes about ${gibibytes(total)} of memory (${largest.join(', ')}, …), and ${gibibytes(available.bytes)} are ${placeOf(available)}.`,
    { try: 'Use fewer windows a step, less held-out text or a smaller pair, or a machine with more memory.' },
  );
}
