// What a token stands for within a text, byte for byte, by how the tokenizer writes its tokens.
import type { JsonObject } from '../weights/json-file.js';
import { bytesOfToken } from './byte-level.js';
import { stepsOf } from './forms.js';

/** Bytes of a token's string as it stands after other text: a token that begins a word has the space before it. */
export type BytesOfToken = (token: string, isAdded: boolean) => Uint8Array;

const utf8 = new TextEncoder();

/** How tokens are written is read from the decoder, and where there is none from the model. */
export function surfaceOf(tokenizer: JsonObject): BytesOfToken {
  const steps = [...stepsOf(tokenizer.decoder)];
  const has = (type: string) => steps.find((step) => step.type === type);
  const model = tokenizer.model as JsonObject;
  // An added token is written as it stands in the text, not byte by byte.
  if (has('ByteLevel')) return (token, isAdded) => (isAdded ? utf8.encode(token) : bytesOfToken(token));
  const wordPiece = has('WordPiece');
  if (wordPiece || model.type === 'WordPiece') {
    const prefix = String(wordPiece?.prefix ?? model.continuing_subword_prefix ?? '##');
    return (token) => utf8.encode(token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`);
  }
  const suffixes = has('BPEDecoder');
  if (suffixes) {
    const suffix = String(suffixes.suffix ?? '</w>');
    return (token) => utf8.encode(token.endsWith(suffix) ? `${token.slice(0, -suffix.length)} ` : token);
  }
  const space = spaceCharacter(steps);
  if (space === undefined && !has('ByteFallback') && !has('Fuse')) return (token) => utf8.encode(` ${token}`);
  const byteFallback = has('ByteFallback') !== undefined;
  return (token) => {
    const byte = byteFallback ? /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    return utf8.encode(space === undefined ? token : token.replaceAll(space, ' '));
  };
}

/** The character that stands for a space, as ▁ does. */
function spaceCharacter(steps: readonly JsonObject[]): string | undefined {
  for (const step of steps) {
    if (step.type === 'Metaspace') return String(step.replacement ?? '▁');
    const pattern = step.pattern as { String?: unknown } | undefined;
    if (step.type === 'Replace' && step.content === ' ' && typeof pattern?.String === 'string')
      return pattern.String;
  }
  return undefined;
}
