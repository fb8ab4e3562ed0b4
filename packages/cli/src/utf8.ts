// Strict UTF-8: decodes bytes, or says at which byte they stop being text.
import { isUtf8 } from 'node:buffer';
import { ExitStatus, MariaError } from '@maria/core/errors';

/** The text of the bytes, with a byte order mark kept. `name` says in the error where the bytes are from. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  if (isUtf8(bytes)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const offset = invalidOffset(bytes);
  const value = bytes[offset]?.toString(16).padStart(2, '0');
  throw new MariaError(
    'invalid-utf8',
    ExitStatus.failed,
    `Cannot read ${name}: it is not UTF-8 (byte 0x${value} at byte offset ${offset}).`,
    { try: 'Convert the input first, for example with iconv -f LATIN1 -t UTF-8.' },
  );
}

/** Index of the first byte of the first sequence that is not UTF-8. */
function invalidOffset(bytes: Uint8Array): number {
  // The longest prefix that could still go on to be UTF-8, then the longest one within it that is complete.
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (mayContinue(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  while (!isUtf8(bytes.subarray(0, low))) low--;
  return low;
}

function mayContinue(prefix: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(prefix, { stream: true });
    return true;
  } catch {
    return false;
  }
}
