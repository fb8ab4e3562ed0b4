// Which tokens of an item are masked: a distribution of mask rates, and whether tokens, words or spans are masked at it.
import { UsageError } from '../errors.js';

/** How large a part of an item is masked. */
export type MaskRate =
  | { readonly kind: 'uniform'; readonly least: number; readonly most: number }
  | { readonly kind: 'fixed'; readonly rate: number }
  | { readonly kind: 'beta'; readonly alpha: number; readonly beta: number };

export interface Masking {
  readonly rate: MaskRate;
  /** Mean number of tokens (words, with `wholeWords`) that are masked in a row. Without it each is masked on its own. */
  readonly meanSpan?: number;
  /** The tokens of a word are masked together. @default false */
  readonly wholeWords?: boolean;
}

/** Every rate from 0 to 1 is as likely as any other, and each token is masked on its own. The default here; which rates the paper trained with is not known. */
export const defaultMasking: Masking = { rate: { kind: 'uniform', least: 0, most: 1 } };

const syntax = 'Use uniform(a,b), fixed(r) or beta(a,b), with +spans(n) or +words after it.';

function bad(text: string, fact: string): UsageError {
  return new UsageError('mask-rate-invalid', `Cannot mask at "${text}": ${fact}.`, { try: syntax });
}

interface Parsed {
  rate?: MaskRate;
  meanSpan?: number;
  wholeWords?: boolean;
}

/**
 * `uniform(0.1,0.5)`, `fixed(0.15)` or `beta(2,5)`; then `+spans(3)` and `+words`. `spans(3)` or `words` alone mean
 * `uniform(0,1)` with it. @throws UsageError
 */
export function parseMasking(text: string): Masking {
  const parsed: Parsed = {};
  for (const part of text.split('+')) {
    const match = /^\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*$/i.exec(part);
    if (!match) throw bad(text, `"${part.trim()}" is not a distribution`);
    const name = match[1]!.toLowerCase();
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) throw bad(text, `there is no distribution "${name}"`);
    const numbers = (match[2] ?? '')
      .split(',')
      .map((number) => (number.trim() === '' ? Number.NaN : Number(number)));
    const given = match[2] === undefined || match[2].trim() === '' ? [] : numbers;
    const meaning = read(given);
    if (typeof meaning === 'string') throw bad(text, meaning);
    for (const key of Object.keys(meaning) as (keyof Parsed)[])
      if (parsed[key] !== undefined) throw bad(text, `"${name}" says again what was said before`);
    Object.assign(parsed, meaning);
  }
  return { ...parsed, rate: parsed.rate ?? defaultMasking.rate };
}

/** What a part of the syntax stands for, or what is wrong with its numbers. */
const readers: Readonly<Record<string, (numbers: readonly number[]) => Parsed | string>> = {
  uniform: (numbers) => {
    const [least, most] = numbers.length === 0 ? [0, 1] : numbers;
    if (
      numbers.length === 1 ||
      numbers.length > 2 ||
      !(least! >= 0 && most! >= least! && most! > 0 && most! <= 1)
    )
      return 'uniform takes two rates a <= b between 0 and 1';
    return { rate: { kind: 'uniform', least: least!, most: most! } };
  },
  fixed: (numbers) => {
    const [rate] = numbers;
    if (numbers.length !== 1 || !(rate! > 0 && rate! <= 1))
      return 'fixed takes one rate above 0 and at most 1';
    return { rate: { kind: 'fixed', rate: rate! } };
  },
  beta: (numbers) => {
    const [alpha, beta] = numbers;
    if (numbers.length !== 2 || ![alpha, beta].every((x) => x! > 0 && x! <= 1e6))
      return 'beta takes two numbers above 0 and at most a million';
    return { rate: { kind: 'beta', alpha: alpha!, beta: beta! } };
  },
  spans: (numbers) => {
    const [meanSpan] = numbers;
    if (numbers.length !== 1 || !(meanSpan! >= 1 && meanSpan! <= 1e6))
      return 'spans takes a mean length of at least 1';
    return { meanSpan: meanSpan! };
  },
  words: (numbers) => (numbers.length > 0 ? 'words takes no number' : { wholeWords: true }),
};

/** The text that `parseMasking` reads as this. */
export function formatMasking({ rate, meanSpan, wholeWords }: Masking): string {
  const parts = [formatRate(rate)];
  if (meanSpan !== undefined) parts.push(`spans(${meanSpan})`);
  if (wholeWords) parts.push('words');
  return parts.join('+');
}

function formatRate(rate: MaskRate): string {
  switch (rate.kind) {
    case 'uniform':
      return `uniform(${rate.least},${rate.most})`;
    case 'fixed':
      return `fixed(${rate.rate})`;
    case 'beta':
      return `beta(${rate.alpha},${rate.beta})`;
  }
}
