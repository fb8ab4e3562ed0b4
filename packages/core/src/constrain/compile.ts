// From what is asked of a gap to what that allows of a vocabulary's tokens.

import { type GapConstraint, invalid, readConstraint, readCount } from '../text/constraint.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { Bias } from './bias.js';
import { type Border, behindBorder } from './border.js';
import { byteTrie } from './byte-trie.js';
import { ByteAutomaton } from './bytes.js';
import { anythingBut, both, type CharacterAutomaton, counted, separated } from './characters.js';
import { oneOf } from './choices.js';
import { cases, word } from './letters.js';
import { looksAhead, regexAutomaton, type TextAfter } from './regex.js';
import { schemaPattern } from './schema.js';
import { TokenAutomaton } from './token-automaton.js';
import { without } from './without.js';

type Source = Pick<Vocabulary, 'size' | 'bytesOf' | 'specialIds'>;

/** Where the constrained gap stands. */
export interface Surroundings {
  readonly border: Border;
  /** What a regular expression looks ahead at; without it, all that it asks of it holds. */
  readonly after?: TextAfter | undefined;
  /** Whether a fill may break the line. */
  readonly lineBreaks: boolean;
}

export interface CompiledConstraint {
  /** What the tokens may be; undefined where nothing is asked of them. */
  readonly automaton: TokenAutomaton | undefined;
  readonly bias: Bias | undefined;
  readonly asked: GapConstraint;
}

/** What is asked of a gap, or of what of it is filled in a window. */
export interface ConstrainedGap {
  readonly constraint: CompiledConstraint;
  /** Ids of the gap's tokens before. */
  readonly before: readonly number[];
  /** How many follow later. */
  readonly after: number;
}

const compiled = new WeakMap<object, Map<string, Promise<CompiledConstraint>>>();

/** Those that were used last are kept, with what is known of them by then. */
const kept = 32;

/** @throws UsageError `constraint-invalid`, `regex-invalid`, `schema-invalid` or `constraint-too-large`; `of` says whose it is */
export async function compileConstraint(
  vocabulary: Source,
  constraint: GapConstraint,
  around: Surroundings,
  of = 'the gap',
): Promise<CompiledConstraint> {
  const asked = readConstraint(constraint, of);
  checkIds(asked, vocabulary.size, of);
  const all = compiled.get(vocabulary.bytesOf) ?? new Map<string, Promise<CompiledConstraint>>();
  compiled.set(vocabulary.bytesOf, all);
  const { after, ...rest } = around;
  const seen = asked.regex !== undefined && looksAhead(asked.regex) ? around : rest;
  const key = JSON.stringify([asked, seen]);
  const made = all.get(key) ?? compile(vocabulary, asked, seen, of);
  all.delete(key);
  all.set(key, made);
  for (const old of [...all.keys()].slice(0, -kept)) all.delete(old);
  try {
    return await made;
  } catch (error) {
    all.delete(key);
    throw error;
  }
}

function checkIds({ ban = [], bias = [] }: GapConstraint, size: number, of: string): void {
  const biased = Array.isArray(bias) ? bias.map(([what]: readonly [string | number, number]) => what) : [];
  for (const [name, given] of Object.entries({ ban, bias: biased })) {
    const id = given.find((one) => typeof one === 'number' && one >= size);
    if (id !== undefined)
      throw invalid(of, `key "${name}" has the id ${id}, and the vocabulary has ${size} tokens, from 0`);
  }
}

async function compile(
  vocabulary: Source,
  asked: GapConstraint,
  around: Surroundings,
  of: string,
): Promise<CompiledConstraint> {
  const trie = await byteTrie(vocabulary);
  const { bias, ...rest } = asked;
  const banned = new Set(asked.ban?.filter((one) => typeof one === 'number'));
  const isFree = Object.values(rest).every((value) => value === undefined);
  const automaton = isFree
    ? undefined
    : new TokenAutomaton(trie, new ByteAutomaton(await textsOf(asked, around, of)), banned);
  return { automaton, bias: bias && new Bias(bias, trie, vocabulary.bytesOf), asked };
}

/** What breaks a line for some reader of text. */
const lineBreaks = [0x0a, 0x0d, 0x85, 0x85, 0x2028, 0x2029];

async function textsOf(asked: GapConstraint, around: Surroundings, of: string): Promise<CharacterAutomaton> {
  const { choices, regex, words, characters, schema, ban = [] } = asked;
  const texts = ban.filter((one) => typeof one === 'string');
  const parts: CharacterAutomaton[] = [];
  if (choices) parts.push(oneOf(choices));
  if (regex !== undefined) parts.push(await regexAutomaton(regex, around.after ?? 'anything'));
  if (words !== undefined) {
    const { min, max } = readCount(words, 'key "words"', of);
    parts.push(separated(await regexAutomaton(word), 0x20, min, max));
  }
  if (characters !== undefined) {
    const { min, max } = readCount(characters, 'key "characters"', of);
    parts.push(counted(min, max));
  }
  if (schema !== undefined) parts.push(await regexAutomaton(schemaPattern(schema, of)));
  if (texts.length > 0) parts.push(without(texts));
  if (asked.case) parts.push(await regexAutomaton(cases[asked.case]));
  if (parts.length === 0 || !around.lineBreaks) parts.push(anythingBut(around.lineBreaks ? [] : lineBreaks));
  return behindBorder(parts.reduce(both), around.border);
}

/** Numbers of tokens, up to `most`, of which a fill can be; all of them where nothing is asked of its tokens. */
export function satisfiableLengths({ automaton }: CompiledConstraint, most: number): number[] {
  const lengths = Array.from({ length: most }, (_, i) => i + 1);
  return automaton ? lengths.filter((tokens) => automaton.canEnd(automaton.start, tokens)) : lengths;
}
