// Hidden states of the AR model on disk, window by window, in a file of bounded size.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { fileFact } from '@maria/checkpoints';
import type { HiddenStateCache, Matrix } from '@maria/core';

/** Its name in the folder of a run. */
export const featuresFile = 'features.bin';

export interface FeatureCacheOptions {
  readonly file: string;
  /** Most bytes of the file; windows that do not fit are computed anew each time. */
  readonly maxBytes: number;
  /** Most rows of a window. */
  readonly rows: number;
  readonly columns: number;
  /** Says what the hidden states depend on: the model, its prefix, the windows. States under another key are not read. */
  readonly key: string;
  onWarning?(message: string): void;
}

/** magic, rows, crc32 of the data, crc32 of the key */
const headerBytes = 16;
const magic = 0x5f485241;

/** A slot for each of the first windows. A slot that was not written whole does not have its checksum, and counts as empty. */
export class FeatureCache implements HiddenStateCache {
  readonly #options: FeatureCacheOptions;
  readonly #handle: FileHandle;
  readonly #slotBytes: number;
  readonly #slots: number;
  readonly #key: number;
  #isFull = false;

  private constructor(options: FeatureCacheOptions, handle: FileHandle) {
    this.#options = options;
    this.#handle = handle;
    this.#slotBytes = headerBytes + options.rows * options.columns * Float32Array.BYTES_PER_ELEMENT;
    this.#slots = Math.floor(options.maxBytes / this.#slotBytes);
    this.#key = crc32(options.key);
  }

  static async open(options: FeatureCacheOptions): Promise<FeatureCache> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    return new FeatureCache(options, await open(options.file, O_RDWR | O_CREAT | O_NOFOLLOW));
  }

  async read(window: number): Promise<Matrix | undefined> {
    if (window >= this.#slots) return undefined;
    const slot = new ArrayBuffer(this.#slotBytes);
    const { bytesRead } = await this.#handle.read(
      new Uint8Array(slot),
      0,
      this.#slotBytes,
      window * this.#slotBytes,
    );
    if (bytesRead < headerBytes) return undefined;
    const [mark, rows, checksum, key] = new Uint32Array(slot, 0, 4);
    const { columns } = this.#options;
    const length = rows! * columns;
    if (mark !== magic || key !== this.#key || rows! > this.#options.rows) return undefined;
    if (bytesRead < headerBytes + length * Float32Array.BYTES_PER_ELEMENT) return undefined;
    const data = new Float32Array(slot, headerBytes, length);
    return crc32(bytesOf(data)) === checksum ? { rows: rows!, columns, data } : undefined;
  }

  async write(window: number, { rows, data }: Matrix): Promise<void> {
    if (window >= this.#slots || this.#isFull) return;
    const bytes = bytesOf(data);
    const header = Uint32Array.of(magic, rows, crc32(bytes), this.#key);
    try {
      await this.#handle.writev([new Uint8Array(header.buffer), bytes], window * this.#slotBytes);
    } catch (error) {
      // The run can do without.
      this.#isFull = true;
      this.#options.onWarning?.(`The feature cache takes no more: ${fileFact(error)}.`);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
