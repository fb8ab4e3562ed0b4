// Where the model that ships with maria is.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Folder of a MARIA checkpoint, its pair in `ar` and `mlm`. */
export function embeddedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@maria/tiny/package.json'));
}
