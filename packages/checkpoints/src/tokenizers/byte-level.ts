// Byte-level tokens: each character of a token stands for one byte (Radford et al. 2019, GPT-2's byte encoding).

/** Bytes that are written as the character of the same code: visible Latin-1. The other 68 come from U+0100 on, in order. */
function isWrittenAsItself(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

/** The character that stands for each byte. */
export const byteCharacters: readonly string[] = (() => {
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isWrittenAsItself(byte) ? byte : 0x100 + others++),
  );
})();

/** By character code, and one more than the byte: 0 where the character stands for none. */
const byteOf = new Uint16Array(0x200);
byteCharacters.forEach((character, byte) => {
  byteOf[character.charCodeAt(0)] = byte + 1;
});

/** The bytes of a token. One with characters outside the encoding stands for its own UTF-8. */
export function bytesOfToken(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOf[token.charCodeAt(i)];
    if (!byte) return new TextEncoder().encode(token);
    bytes[i] = byte - 1;
  }
  return bytes;
}

/**
 * Decodes ids to text: bytes of all tokens, then UTF-8. Partial characters become U+FFFD; nothing is trimmed or tidied.
 * Ids without a token are nothing.
 */
export function byteLevelDecoder(bytesOf: (id: number) => Uint8Array): (ids: ArrayLike<number>) => string {
  const known = new Map<number, Uint8Array>();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const knownBytes = (id: number): Uint8Array => {
    const bytes = known.get(id) ?? bytesOf(id);
    known.set(id, bytes);
    return bytes;
  };
  return (ids) => {
    const parts = Array.from(ids, knownBytes);
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return decoder.decode(all);
  };
}
