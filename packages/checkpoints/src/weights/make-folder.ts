// Makes a folder and those above it. Node's recursive mkdir says "no such file" for a read-only disk, and hangs below /proc.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** @throws the error of the system for the folder that it refuses */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    // Another process may make it at the same time.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(folder);
  }
}
