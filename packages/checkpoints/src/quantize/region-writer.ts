// Writes on from one place of a file, and hashes what it writes.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';

export class RegionWriter {
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  #position: number;

  constructor(descriptor: number, position: number) {
    this.#descriptor = descriptor;
    this.#position = position;
  }

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#position + done);
    this.#position += bytes.length;
  }

  /** SHA-256 of what was written, in hexadecimal. Ends the writing. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
