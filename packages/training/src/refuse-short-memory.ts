// Refuses a run that the machine has no memory for, before the system kills the process for it.
import { type AvailableMemory, availableMemory, gibibytes, placeOf } from '@maria/checkpoints';
import { DeviceError } from '@maria/core';
import type { TrainingPlan } from './plan.js';

/** @throws DeviceError `memory-short` with the numbers */
export function refuseShortMemory(
  { memory }: Pick<TrainingPlan, 'memory'>,
  available: AvailableMemory = availableMemory(),
): void {
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
