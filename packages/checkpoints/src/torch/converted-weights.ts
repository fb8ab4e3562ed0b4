// The tensors of a pytorch_model.bin, from a safetensors file that is made of it once and kept in maria's cache.
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DataError, MariaError, numberOfElements } from '@maria/core';
import { type FileLock, lockFile } from '../hub/file-lock.js';
import { removeHalfWritten, writeFileAtomically } from '../weights/atomic-write.js';
import { convertedFolder } from '../weights/cache-folder.js';
import { unwritable } from '../weights/file-errors.js';
import { readInto, withFile } from '../weights/file-range.js';
import { makeFolder } from '../weights/make-folder.js';
import { quote } from '../weights/quote.js';
import { openSafetensors } from '../weights/safetensors.js';
import { safetensorsBits } from '../weights/safetensors-dtypes.js';
import type { StoredTensors } from '../weights/stored-tensors.js';
import { encodeSafetensorsHeader } from '../weights/write-safetensors.js';
import { type PickledTensor, readStateDictionary } from './pickle.js';
import { badTorchFile, readZip, type ZipMember } from './zip.js';

/** In the metadata of a converted file: what it was made of. */
export const sourceKey = 'source';

const pieceBytes = 2 ** 22;
/** Far above those of real models, and of what their names and shapes take. */
const mostPickleBytes = 2 ** 24;

export interface ConvertOptions {
  /** @default `converted` in maria's cache */
  readonly cache?: string;
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Nothing of the file is executed. The copy is known by the checksums that the file has of its parts, and used again.
 * @throws DataError where it is no state dictionary of tensors, or is damaged; MariaError `write-failed`
 */
export async function convertedWeights(
  file: string,
  { cache = convertedFolder(), onNote, signal }: ConvertOptions = {},
): Promise<StoredTensors> {
  const contents = readTorchFile(file);
  const copy = join(cache, `${contents.key}.safetensors`);
  const madeOf = realpathSync(file);
  const made = openIfWhole(copy);
  if (made) return { ...made, madeOf };
  const lock = await lockOf(copy, file, { onNote, signal });
  try {
    const others = openIfWhole(copy);
    if (others) return { ...others, madeOf };
    // Of killed processes, as large as the weights: with the lock, nobody writes it. Another user's stays, and only takes room.
    if (lock) await removeHalfWritten(dirname(copy), basename(copy)).catch(() => {});
    onNote?.(`Converting ${file} to safetensors, once.`);
    await writeFileAtomically(copy, convertedBytes(file, madeOf, contents, signal));
  } catch (error) {
    throw error instanceof MariaError ? inCache(error) : error;
  } finally {
    lock?.release();
  }
  return { ...openSafetensors(copy), madeOf };
}

/** Of many processes that start at once, one converts. The system takes the lock from one that is killed. */
async function lockOf(
  copy: string,
  file: string,
  { onNote, signal }: Pick<ConvertOptions, 'onNote' | 'signal'>,
): Promise<FileLock | undefined> {
  let told = false;
  const onWait = () => {
    if (!told) onNote?.(`Waiting for another process that converts ${file}.`);
    told = true;
  };
  try {
    makeFolder(dirname(copy));
    return await lockFile(join(dirname(copy), '.locks', `${basename(copy)}.lock`), {
      mode: 'exclusive',
      signal,
      onWait,
    });
  } catch (error) {
    if (error instanceof MariaError) throw error;
    throw inCache(unwritable(copy, error));
  }
}

/** A full disk is told as that of the cache. */
function inCache(error: MariaError): MariaError {
  if (error.code !== 'write-failed') return error;
  return new MariaError(error.code, error.exitStatus, error.message, {
    facts: { cache: 'copies' },
    cause: error,
  });
}

/** A damaged copy is made anew. */
function openIfWhole(copy: string): StoredTensors | undefined {
  if (!existsSync(copy)) return undefined;
  try {
    return openSafetensors(copy);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    rmSync(copy, { force: true });
    return undefined;
  }
}

interface TorchFile {
  readonly key: string;
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  /** By the names that the pickle gives them. */
  readonly storages: ReadonlyMap<string, ZipMember>;
}

function readTorchFile(file: string): TorchFile {
  const { members, bytes } = readZip(file);
  const pickle = [...members.values()].find(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
  if (!pickle) throw badTorchFile(file, 'it has no data.pkl');
  if (pickle.length > mostPickleBytes) throw badTorchFile(file, `its pickle has ${pickle.length} bytes`);
  const root = pickle.name.slice(0, -'data.pkl'.length);
  const pickled = readMember(file, pickle);
  const order = members.get(`${root}byteorder`);
  if (order && order.length <= 16 && readMember(file, order).toString().trim() !== 'little')
    throw badTorchFile(file, 'its numbers are not in little-endian order');
  const tensors = readStateDictionary(file, pickled);
  const storages = new Map<string, ZipMember>();
  let total = 0;
  for (const [name, tensor] of tensors) {
    const { storage, count, shape } = tensor;
    const member = members.get(`${root}data/${storage}`);
    if (!member)
      throw badTorchFile(file, `tensor ${quote(name)} is in ${quote(storage)}, which it does not have`);
    if (member.length !== count * widthOf(tensor))
      throw badTorchFile(
        file,
        `the storage of tensor ${quote(name)} has ${member.length} bytes for ${count} numbers`,
      );
    if (lastOf(tensor) >= count)
      throw badTorchFile(file, `tensor ${quote(name)} reaches beyond its storage of ${count} numbers`);
    const elements = numberOfElements(shape);
    // Beyond what numbers hold the sum would bound nothing.
    if (!Number.isSafeInteger(elements))
      throw badTorchFile(file, `tensor ${quote(name)} has too many numbers`);
    total += elements * widthOf(tensor);
    storages.set(storage, member);
  }
  // Several tensors may be views of one storage, but not so many that a small file becomes a large one.
  const stored = [...storages.values()].reduce((sum, { length }) => sum + length, 0);
  if (total > 2 * stored)
    throw badTorchFile(file, `its tensors have ${total} bytes and its storages ${stored}`);
  return {
    key: createHash('sha256').update(bytes).update(pickled).digest('hex').slice(0, 32),
    tensors,
    storages,
  };
}

/** Bytes of one of its numbers. */
function widthOf({ dtype }: PickledTensor): number {
  return safetensorsBits[dtype] / 8;
}

/** The last number of the storage that a tensor holds; -1 for an empty one. */
function lastOf({ offset, shape, strides }: PickledTensor): number {
  if (shape.includes(0)) return -1;
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset);
}

/** @throws DataError where its checksum is another */
function readMember(file: string, { name, offset, length, checksum }: ZipMember): Buffer {
  const bytes = Buffer.alloc(length);
  withFile(file, (descriptor) => readInto(file, descriptor, bytes, offset));
  if (crc32(bytes) !== checksum)
    throw badTorchFile(file, `${quote(name)} is damaged: its checksum is another`);
  return bytes;
}

function* convertedBytes(
  file: string,
  madeOf: string,
  { tensors, storages }: TorchFile,
  signal?: AbortSignal,
): Generator<Uint8Array> {
  for (const storage of storages.values()) requireChecksum(file, storage, signal);
  // Wider numbers first, so that each tensor is aligned to its own.
  const ordered = [...tensors].sort(([, a], [, b]) => widthOf(b) - widthOf(a));
  const facts = ordered.map(([name, tensor]) => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    length: numberOfElements(tensor.shape) * widthOf(tensor),
  }));
  yield encodeSafetensorsHeader(facts, { format: 'pt', [sourceKey]: madeOf }, 64);
  for (const [, tensor] of ordered) yield* bytesOf(file, tensor, storages.get(tensor.storage)!, signal);
}

function requireChecksum(
  file: string,
  { name, offset, length, checksum }: ZipMember,
  signal?: AbortSignal,
): void {
  let found = 0;
  for (const piece of pieces(file, offset, length, signal)) found = crc32(piece, found);
  if (found !== checksum) throw badTorchFile(file, `${quote(name)} is damaged: its checksum is another`);
}

function* pieces(file: string, offset: number, length: number, signal?: AbortSignal): Generator<Uint8Array> {
  for (let start = 0; start < length; start += pieceBytes) {
    signal?.throwIfAborted();
    const piece = new Uint8Array(Math.min(pieceBytes, length - start));
    withFile(file, (descriptor) => readInto(file, descriptor, piece, offset + start));
    yield piece;
  }
}

/** Row-major, whatever the strides are. */
function* bytesOf(
  file: string,
  tensor: PickledTensor,
  storage: ZipMember,
  signal?: AbortSignal,
): Generator<Uint8Array> {
  const { shape, strides, offset } = tensor;
  const width = widthOf(tensor);
  const elements = numberOfElements(shape);
  const rowMajor = shape.map((_, axis) => numberOfElements(shape.slice(axis + 1)));
  if (elements === 0 || shape.every((size, axis) => size === 1 || strides[axis] === rowMajor[axis])) {
    yield* pieces(file, storage.offset + offset * width, elements * width, signal);
    return;
  }
  // Bit patterns, which no number type changes. One of 64 bits is two words.
  const Words = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const words = width / Words.BYTES_PER_ELEMENT;
  const stored = new Words(storage.length / Words.BYTES_PER_ELEMENT);
  withFile(file, (descriptor) => readInto(file, descriptor, new Uint8Array(stored.buffer), storage.offset));
  const gathered = new Words(elements * words);
  for (let i = 0; i < elements; i++) {
    const at = shape.reduce(
      (sum, size, axis) => sum + (Math.floor(i / rowMajor[axis]!) % size) * strides[axis]!,
      offset,
    );
    for (let word = 0; word < words; word++) gathered[i * words + word] = stored[at * words + word]!;
  }
  yield new Uint8Array(gathered.buffer);
}
