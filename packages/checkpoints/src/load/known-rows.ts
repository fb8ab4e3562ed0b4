// What `rowsAreExact` found on this machine, kept in maria's cache: measuring it takes a tenth of a small model's start.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Backend } from '@maria/core';
import { findLibrary, physicalCores, type RowsProbe, rowsAreExact } from '@maria/kernels';
import { writeFileAtomically } from '../weights/atomic-write.js';
import { cacheFolder } from '../weights/cache-folder.js';
import { makeFolder } from '../weights/make-folder.js';

/** Rises when the probe looks at something else, or kernels are chosen in another way. */
const version = 4;

/** As `rowsAreExact`, and measured once for a library, a processor and a kind of model. A cache that cannot be used changes nothing. */
export async function knownRowsAreExact(backend: Backend, probe: RowsProbe): Promise<boolean> {
  const file = fileOf(backend, probe);
  if (file === undefined) return rowsAreExact(backend, probe);
  const known = read(file);
  if (known !== undefined) return known;
  const exact = await rowsAreExact(backend, probe);
  await keep(file, exact);
  return exact;
}

/** Named after all that the answer depends on. Undefined where that is not known: for other libraries, and for devices and their drivers. */
function fileOf(
  { name, device }: Backend,
  { threads = physicalCores(), headSize, storage, int4, limited = false }: RowsProbe,
): string | undefined {
  if ((name !== 'ort' && name !== 'ort-node') || device !== 'cpu') return undefined;
  const library = libraryFacts();
  if (library === undefined) return undefined;
  const facts = JSON.stringify([
    version,
    name,
    library,
    processor(),
    threads,
    headSize,
    storage,
    int4,
    limited,
  ]);
  return join(cacheFolder(), 'rows', createHash('sha256').update(facts).digest('hex').slice(0, 32));
}

function libraryFacts(): unknown {
  try {
    const path = findLibrary();
    const { size, mtimeMs } = statSync(path);
    return [path, size, mtimeMs];
  } catch {
    return undefined;
  }
}

/** Its model, and what it can do: the first processor in /proc/cpuinfo, where there is one. */
function processor(): unknown {
  try {
    const lines = firstBytes('/proc/cpuinfo').split('\n\n', 1)[0]!.split('\n');
    return lines.filter((line) =>
      /^(vendor_id|cpu family|model|model name|stepping|flags|CPU|Features)/.test(line),
    );
  } catch {
    return [process.arch, cpus()[0]?.model];
  }
}

/** Of a file that has no size of its own, and is long where there are many processors. */
function firstBytes(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(8192);
    return bytes.toString('latin1', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

function read(file: string): boolean | undefined {
  try {
    const found = readFileSync(file, 'latin1');
    return found === 'exact' || (found === 'inexact' ? false : undefined);
  } catch {
    return undefined;
  }
}

async function keep(file: string, exact: boolean): Promise<void> {
  try {
    makeFolder(dirname(file));
    await writeFileAtomically(file, [Buffer.from(exact ? 'exact' : 'inexact')]);
  } catch {
    // A cache that cannot be written: it is measured again next time.
  }
}
