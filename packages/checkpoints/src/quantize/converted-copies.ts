// Weights that were converted from PyTorch's own format, in maria's cache: which there are, and whether their source is still there.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '@maria/core';
import { sourceKey } from '../torch/converted-weights.js';
import { isHalfWritten } from '../weights/atomic-write.js';
import { openSafetensors } from '../weights/safetensors.js';

/** Nobody is still writing a file that has not grown for so long. */
const abandonedMs = 3_600_000;

export interface ConvertedCopy {
  readonly name: string;
  /** Path of the file. */
  readonly folder: string;
  readonly size: number;
  /** The folder of what it was made of. */
  readonly label?: string;
  /** Why no model can use it any more; undefined if one can. */
  readonly useless: string | undefined;
  /** Another process may be writing it. */
  readonly isBeingMade: boolean;
}

/** By name. What is in use is removed from the folder only, where the system allows it: it stays until nobody reads it. */
export function listConverted(folder: string): ConvertedCopy[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name): ConvertedCopy[] => {
      const file = join(folder, name);
      const facts = statSync(file, { throwIfNoEntry: false });
      if (!facts?.isFile()) return [];
      const copy = { name, folder: file, size: facts.size };
      if (!isHalfWritten(name)) return [{ ...copy, ...describe(file), isBeingMade: false }];
      const isBeingMade = Date.now() - facts.mtimeMs < abandonedMs;
      return [{ ...copy, useless: 'it was not finished', isBeingMade }];
    });
}

function describe(file: string): Pick<ConvertedCopy, 'label' | 'useless'> {
  try {
    const source = openSafetensors(file).metadata.get(sourceKey);
    if (source === undefined) return { useless: 'another version of maria made it' };
    const label = basename(dirname(source));
    return { label, useless: existsSync(source) ? undefined : `${source} is gone` };
  } catch (error) {
    if (error instanceof DataError) return { useless: error.message };
    throw error;
  }
}
