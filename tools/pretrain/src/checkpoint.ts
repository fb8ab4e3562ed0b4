// A run's checkpoint: one file with parameters, moments and the step, written whole or not at all.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '@maria/checkpoints';
import { DataError, type TrainedParameter } from '@maria/core';

const file = (folder: string) => join(folder, 'checkpoint.safetensors');
const parts = ['value', 'first', 'second'] as const;

/** @param settings what a run must share with those that go on from it */
export async function saveCheckpoint(
  folder: string,
  parameters: readonly TrainedParameter[],
  steps: number,
  settings: string,
): Promise<void> {
  const tensors = parameters.flatMap((parameter) =>
    parts.map(
      (part): TensorToWrite => ({
        name: `${part}.${parameter.name}`,
        shape: parameter.shape,
        data: parameter[part],
      }),
    ),
  );
  await writeSafetensors(file(folder), tensors, { steps: String(steps), settings });
}

/**
 * Reads the folder's checkpoint into `parameters`. Returns the steps taken, or undefined where there is none.
 * @throws DataError when it is of another model or of other settings
 */
export function restoreCheckpoint(
  folder: string,
  parameters: readonly TrainedParameter[],
  settings: string,
): number | undefined {
  if (!existsSync(file(folder))) return undefined;
  const stored = openSafetensors(file(folder));
  const saved = stored.metadata.get('settings');
  if (saved !== settings)
    throw new DataError(
      'checkpoint-other',
      `Cannot go on in ${folder}: its run has the settings ${saved}, this one has ${settings}.`,
      { try: 'Use another --out, or the same settings.' },
    );
  for (const parameter of parameters)
    for (const part of parts) parameter[part].set(stored.read(`${part}.${parameter.name}`));
  return Number(stored.metadata.get('steps'));
}
