// A token as a person and a program can tell it from all others.
import type { Vocabulary } from './vocabulary.js';

export interface Token {
  readonly id: number;
  /** Its text after other text; U+FFFD where it is part of a character. */
  readonly token: string;
  /** The vocabulary's own string, for example `Ġcat`. No two tokens have the same. */
  readonly piece: string;
  /** The bytes of its text. */
  readonly bytes: readonly number[];
}

/** Those of a vocabulary that were asked for. */
const known = new WeakMap<TokenSource, Token[]>();

/** @returns the same object for the same id: it is not to be changed */
export function tokenOf(source: TokenSource, id: number): Token {
  const tokens = known.get(source) ?? [];
  known.set(source, tokens);
  const token = tokens[id] ?? look(source, id);
  tokens[id] = token;
  return token;
}

function look({ decode, tokens, bytesOf }: TokenSource, id: number): Token {
  return { id, token: decode([id], { continues: true }), piece: tokens[id] ?? '', bytes: [...bytesOf(id)] };
}

type TokenSource = Pick<Vocabulary, 'decode' | 'tokens' | 'bytesOf'>;
