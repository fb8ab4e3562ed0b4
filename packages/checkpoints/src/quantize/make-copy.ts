// Makes a quantised copy of a checkpoint's weights: a folder that appears whole or not at all.
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { blockSize, ExitStatus, MariaError, numberOfElements, type QuantizedDType } from '@maria/core';
import { physicalCores } from '@maria/kernels';
import { writeFileAtomically } from '../weights/atomic-write.js';
import { fileFact } from '../weights/file-errors.js';
import { makeFolder } from '../weights/make-folder.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { type CopyLayout, layOut } from './layout.js';
import { labelOf, type Manifest, manifestName, type SourceFile, weightsName } from './manifest.js';
import type { PlannedTensor } from './plan.js';
import { type DoneTask, runTasks, workersFor } from './run-tasks.js';
import { schemeVersions } from './scheme.js';
import type { QuantizedForm } from './tensor-task.js';

export interface CopyProgress {
  /** What the user knows the model as. */
  readonly label: string;
  readonly scheme: QuantizedDType;
  /** Elements that are done, and all. */
  readonly done: number;
  readonly total: number;
}

export interface MakeCopyOptions {
  /** Worker threads. @default one a core for a large model, none for a small one */
  workers?: number;
  signal?: AbortSignal;
  onProgress?: (progress: CopyProgress) => void;
}

export interface CopyRequest {
  readonly source: StoredTensors;
  readonly plan: readonly PlannedTensor[];
  readonly form: QuantizedForm;
  /** What the plan's tensors are read from. */
  readonly files: readonly SourceFile[];
  /** Folder of the copy. */
  readonly folder: string;
}

/** What the name of a folder that is not finished ends in, after the id of the process that makes it. */
export const partialSuffix = '.partial';

/**
 * Writes the copy, in place of whatever is there. Peak memory: a few megabytes a thread, and one quantised matrix where blocks run along columns.
 * @throws DataError naming the tensor when an element is not finite, or a file of the source is cut short
 * @throws MariaError `write-failed`, `disk-full`
 */
export async function makeCopy(request: CopyRequest, options: MakeCopyOptions = {}): Promise<void> {
  const { folder, source, plan, form } = request;
  const partial = join(dirname(folder), `.${basename(folder)}.${process.pid}${partialSuffix}`);
  // A process that is interrupted does not wait for the matrix in hand.
  const onExit = () => rmSync(partial, { recursive: true, force: true });
  process.once('exit', onExit);
  try {
    const layout = layOut(source, plan, form);
    makeFolder(dirname(folder));
    // What is in its place is a copy that was removed half way, or that another version made.
    for (const leftover of [partial, folder]) await rm(leftover, { recursive: true, force: true });
    await refuseFullDisk(dirname(folder), layout.bytes);
    await mkdir(partial);
    const done = await writeWeights(join(partial, weightsName), layout, request, options);
    const manifest = JSON.stringify(manifestOf(request, layout, done), null, 1);
    await writeFileAtomically(join(partial, manifestName), [Buffer.from(`${manifest}\n`)]);
    await moveTo(folder, partial);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    if (error instanceof MariaError || options.signal?.aborted) throw error;
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    throw cannotWrite(dirname(folder), 'write-failed', fileFact(error), error);
  } finally {
    process.off('exit', onExit);
  }
}

async function writeWeights(
  file: string,
  { header, bytes, tasks }: CopyLayout,
  { files, form: { scheme } }: CopyRequest,
  { workers = workersFor(tasks, physicalCores()), signal, onProgress }: MakeCopyOptions,
): Promise<DoneTask[]> {
  const label = labelOf(files);
  const elementsOf = (task: (typeof tasks)[number]) => numberOfElements(task.source.shape);
  const total = tasks.reduce((sum, task) => sum + elementsOf(task), 0);
  let done = 0;
  onProgress?.({ label, scheme, done, total });
  const handle: FileHandle = await open(file, 'wx');
  try {
    await handle.truncate(bytes);
    await handle.write(header, 0, header.length, 0);
    const results = await runTasks(tasks, handle.fd, {
      workers,
      signal,
      onDone: (task) => {
        done += elementsOf(task);
        onProgress?.({ label, scheme, done, total });
      },
    });
    await handle.sync();
    return results;
  } finally {
    await handle.close();
  }
}

function manifestOf(
  { files, form, plan }: CopyRequest,
  { tasks }: CopyLayout,
  results: readonly DoneTask[],
): Manifest {
  const contents = tasks.map(({ source: { name, dtype, shape } }, i) =>
    JSON.stringify([name, dtype, shape, results[i]!.sourceHash]),
  );
  return {
    ...(form.scheme === 'int4'
      ? { ...form, version: schemeVersions.int4, block_size: blockSize }
      : { ...form, version: schemeVersions.int8 }),
    label: labelOf(files),
    source: {
      files: [...files],
      sha256: createHash('sha256').update(contents.sort().join('\n')).digest('hex'),
    },
    quantized: Object.fromEntries(
      plan.flatMap(({ name, shape: [rows, columns], axis }) =>
        axis === undefined ? [] : [[name, { shape: [rows!, columns!] as [number, number], axis }]],
      ),
    ),
    sha256: Object.fromEntries(
      tasks.flatMap(({ writes }, i) => writes.map((name, k) => [name, results[i]!.hashes[k]!])),
    ),
  };
}

/** A copy of the same name that is there already was made by another process: it is as good. */
async function moveTo(folder: string, partial: string): Promise<void> {
  try {
    await rename(partial, folder);
  } catch (error) {
    if (!existsSync(join(folder, manifestName))) throw error;
    await rm(partial, { recursive: true, force: true });
  }
}

async function refuseFullDisk(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw cannotWrite(
      folder,
      'disk-full',
      `${mebibytes(bytes)} are needed there, and ${mebibytes(free)} are free`,
    );
}

function cannotWrite(folder: string, code: string, fact: string, cause?: unknown): MariaError {
  return new MariaError(code, ExitStatus.failed, `Cannot write quantised weights to ${folder}: ${fact}.`, {
    try: 'Set MARIA_CACHE to another folder, or make room there.',
    facts: { cache: 'copies' },
    cause,
  });
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
