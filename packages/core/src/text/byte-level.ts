// Byte-level tokens: each character of a token stands for one byte (Radford et al. 2019, GPT-2's byte encoding).

/** Bytes that are written as the character of the same code: visible Latin-1. The other 68 come from U+0100 on, in order. */
function isWrittenAsItself(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function byteOfCharacter(): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  let others = 0;
  for (let byte = 0; byte < 256; byte++)
    bytes.set(String.fromCharCode(isWrittenAsItself(byte) ? byte : 0x100 + others++), byte);
  return bytes;
}

const byteOf = byteOfCharacter();

/** The bytes of a token. One with characters outside the encoding (an added token such as "  ") stands for its own UTF-8. */
function bytesOfToken(token: string): Uint8Array {
  const bytes = Uint8Array.from(token, (character) => byteOf.get(character) ?? 0);
  return [...token].every((character) => byteOf.has(character)) ? bytes : new TextEncoder().encode(token);
}

/**
 * Decodes ids to text: bytes of all tokens, then UTF-8. Partial characters become U+FFFD; nothing is trimmed or tidied.
 * Ids without a token are nothing. @param tokens by id
 */
export function byteLevelDecoder(
  tokens: readonly (string | undefined)[],
): (ids: ArrayLike<number>) => string {
  const known = new Map<number, Uint8Array>();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const bytesOf = (id: number): Uint8Array => {
    let bytes = known.get(id);
    if (!bytes) {
      bytes = bytesOfToken(tokens[id] ?? '');
      known.set(id, bytes);
    }
    return bytes;
  };
  return (ids) => {
    const parts = Array.from(ids, bytesOf);
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return decoder.decode(all);
  };
}
