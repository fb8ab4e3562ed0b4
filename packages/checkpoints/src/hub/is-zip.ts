// Whether a file is a zip, as torch.save writes since PyTorch 1.6: what it wrote before is not read.
import { DataError } from '@maria/core';
import { readInto, withFile } from '../weights/file-range.js';

/** By its first bytes; false where it cannot be read. */
export function isZip(file: string): boolean {
  try {
    return withFile(file, (descriptor, size) => {
      const start = Buffer.alloc(4);
      if (size >= start.length) readInto(file, descriptor, start, 0);
      return start.toString('latin1') === 'PK\x03\x04';
    });
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}
