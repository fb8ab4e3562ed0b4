// Which model, in which version of maria: the same words for a server and for who looks for one.
import { createHash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InferredFlags } from '@oclif/core/interfaces';
import { modelSettings } from '../config/settings.js';
import { deviceOf, type modelFlags } from '../flags.js';

type ModelFlags = InferredFlags<typeof modelFlags>;

/** Threads change no text, nor do lanes and limits on memory. */
const names = modelSettings.filter((name) => !['device', 'gpu-memory', 'threads'].includes(name));

/** Equal where the same model would be loaded in the same way: by its name, or by its folder and the files in it. */
export function identityOf(flags: ModelFlags, version: string): string {
  const told = names.map((name) => {
    const value = flags[name] ?? null;
    return typeof value === 'string' && name !== 'backend' ? [name, ...filesOf(value)] : [name, value];
  });
  return createHash('sha256')
    .update(JSON.stringify([version, deviceOf(flags), told]))
    .digest('hex')
    .slice(0, 32);
}

/** What stands for a folder: its place, and the sizes and times of its files. */
function filesOf(model: string): unknown[] {
  try {
    const folder = realpathSync(model);
    const files = readdirSync(folder).sort();
    return [
      folder,
      ...files.map((file) => {
        const { size, mtimeMs } = statSync(join(folder, file));
        return [file, size, mtimeMs];
      }),
    ];
  } catch {
    return [model];
  }
}
