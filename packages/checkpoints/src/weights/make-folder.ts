// Makes a folder and those above it. Node's recursive mkdir says "no such file" for a read-only disk, and hangs below /proc.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param mode permissions of the folders that are made. As the process makes them without it
 * @returns the uppermost folder that was made; undefined where all were there
 * @throws the error of the system for the folder that it refuses
 */
export function makeFolder(folder: string, mode?: number): string | undefined {
  try {
    mkdirSync(folder, mode);
    return folder;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    const made = makeFolder(dirname(folder), mode);
    // Another process may make it at the same time.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(folder, mode);
    return made ?? folder;
  }
}
