// Which tokenizers take a time and a memory that grow with the text only. Others are read in a process of their own, or refused.
import type { JsonObject } from '../weights/json-file.js';
import { quote } from '../weights/quote.js';
import { type Step, stepsOf } from './forms.js';
import { badTokenizer } from './tokenizer-json.js';

const plainSteps: ReadonlySet<unknown> = new Set([
  'Sequence',
  // Normalizers.
  ...['NFC', 'NFD', 'NFKC', 'NFKD', 'Nmt', 'Lowercase', 'Strip', 'StripAccents', 'Prepend', 'Replace'],
  ...['BertNormalizer', 'ByteLevel'],
  // What splits a text.
  ...['BertPreTokenizer', 'Metaspace', 'Whitespace', 'WhitespaceSplit', 'Punctuation', 'Digits', 'Split'],
]);

/** What GPT-2, Llama 3, Qwen 2 and GPT-4o split texts by: known to be quick on all texts. */
const knownPatterns: ReadonlySet<unknown> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
]);

/** One character or class, and how often. */
const onePiece =
  /^(?:[^\\[\](){}.*+?|^$]|\\[pP]\{\w+\}|\\\W|\\[dDsSwW]|\[[^[\]]*\])(?:[+*?]|\{\d{1,3}(?:,\d{0,3})?\})?$/;

const mostSteps = 64;
/** The library looks at all pieces of a word that is shorter, each from every place in it. */
const mostWordCharacters = 1000;

function regexOf({ pattern }: Step): unknown {
  return (pattern as { Regex?: unknown } | null | undefined)?.Regex;
}

/** Whether nothing in it is known to run away. A regular expression may take exponential time, and the library then ends the process. */
export function isPlain(tokenizer: JsonObject): boolean {
  const steps = [...stepsOf(tokenizer.normalizer), ...stepsOf(tokenizer.pre_tokenizer)];
  const { type, continuing_subword_prefix, max_input_chars_per_word } = tokenizer.model as JsonObject;
  // Merges that do not go with the prefix end the process too.
  if (type === 'BPE' && (continuing_subword_prefix ?? '') !== '') return false;
  if (Number(max_input_chars_per_word ?? 0) > mostWordCharacters) return false;
  return (
    steps.length <= mostSteps &&
    steps.every((step) => {
      if (!plainSteps.has(step.type)) return false;
      const regex = regexOf(step);
      return regex === undefined || knownPatterns.has(regex) || onePiece.test(String(regex));
    })
  );
}

/** As many times as long a text may get by what its characters are replaced with, and what is put before it. */
const mostGrowth = 64;

/** How many times as long a step makes a text, in characters. */
function growthOf(step: Step): number {
  if (step.type === 'Prepend') return Math.max(1, String(step.prepend ?? '').length);
  if (step.type !== 'Replace') return 1;
  const { length } = String(step.content ?? '');
  const replaced = (step.pattern as { String?: unknown } | null | undefined)?.String;
  return typeof replaced === 'string' && replaced !== '' ? Math.max(1, length / replaced.length) : length + 1;
}

/** @throws DataError `bad-tokenizer` where replacing would make a text ever longer, and where a decoder replaces by a regular expression */
export function refuseGrowth(tokenizer: JsonObject): void {
  for (const part of ['normalizer', 'decoder'] as const) {
    const growth = [...stepsOf(tokenizer[part])].reduce((product, step) => product * growthOf(step), 1);
    if (growth > mostGrowth)
      throw badTokenizer(
        `its ${part} may make a text ${growth < 1e6 ? Math.round(growth) : growth.toExponential(0)} times as long, and ${mostGrowth} times is the most that is read`,
      );
  }
  const regex = [...stepsOf(tokenizer.decoder)].map(regexOf).find((found) => found !== undefined);
  if (regex !== undefined)
    throw badTokenizer(
      `its decoder replaces what the regular expression ${quote(String(regex))} finds, which is not supported`,
    );
}
