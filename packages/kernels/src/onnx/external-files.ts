// The files that initializers point into, and the one folder that ONNX Runtime finds them under.
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { DataError } from '@maria/core';

/**
 * ONNX Runtime takes file names relative to one folder, and refuses absolute names, "..", and links that lead out of
 * the folder. The Hugging Face cache is made of such links, so all files are resolved first, and the folder is the
 * nearest one that holds them all.
 */
export class ExternalFiles {
  /** Absent when there are no files. */
  readonly folder: string | undefined;
  readonly #resolved: ReadonlyMap<string, string>;

  /** @throws DataError when a file is missing, or when no folder holds all of them (two drives of Windows) */
  constructor(files: Iterable<string>) {
    this.#resolved = new Map([...new Set(files)].map((file) => [file, resolveFile(file)]));
    this.folder = commonFolder([...this.#resolved.values()]);
  }

  /** The name of one of the files relative to the folder, with forward slashes. */
  nameOf(file: string): string {
    const resolved = this.#resolved.get(file);
    if (resolved === undefined || this.folder === undefined)
      throw new Error(`"${file}" is not among the external files`);
    return path.relative(this.folder, resolved).split(path.sep).join('/');
  }
}

function resolveFile(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    throw new DataError('weights-missing', `Cannot load the weights: "${file}" cannot be read.`, { cause });
  }
}

function commonFolder(files: readonly string[]): string | undefined {
  const [first, ...others] = files;
  if (first === undefined) return undefined;
  let folder = path.dirname(first);
  const holds = (file: string) =>
    !path.isAbsolute(path.relative(folder, file)) && !path.relative(folder, file).startsWith('..');
  while (!others.every(holds)) {
    const parent = path.dirname(folder);
    if (parent === folder)
      throw new DataError(
        'weights-apart',
        `Cannot load the weights: no folder holds all of ${files.join(', ')}.`,
        {
          try: 'Keep the weights of one model on one drive.',
        },
      );
    folder = parent;
  }
  return folder;
}
