// Which tokens a constraint allows, against trying all of them.
import { describe, expect, test } from 'vitest';
import type { GapConstraint } from '../text/constraint.js';
import type { Border } from './border.js';
import { compileConstraint, satisfiableLengths } from './compile.js';
import { limits } from './limits.js';
import { numbersOf, pick, randomPattern } from './random-pattern.test.support.js';
import type { TextAfter } from './regex.js';

const euro = [...new TextEncoder().encode('€')];
/** Two tokens with one spelling, parts of characters, and one that is special. */
const tokens: readonly (string | readonly number[])[] = [
  'a',
  'b',
  'ab',
  ' a',
  ' ',
  'A',
  '1',
  'b',
  euro.slice(0, 2),
  euro.slice(2),
  'é',
  '<s>',
];
const bytesOf = (id: number) => {
  const token = tokens[id]!;
  return typeof token === 'string' ? new TextEncoder().encode(token) : Uint8Array.from(token);
};
const vocabularyOf = () => ({
  size: tokens.length,
  bytesOf: (id: number) => bytesOf(id),
  specialIds: new Set([tokens.length - 1]),
});
const vocabulary = vocabularyOf();

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Undefined where it is no UTF-8. */
function textOf(ids: readonly number[]): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(ids.flatMap((id) => [...bytesOf(id)])));
  } catch {
    return undefined;
  }
}

function all(length: number): number[][] {
  if (length === 0) return [[]];
  return all(length - 1).flatMap((ids) => tokens.slice(0, -1).map((_, id) => [...ids, id]));
}

const sequences = [1, 2, 3].map(all);

/** All fills that can be reached token by token. Each step has to go on to the end. */
async function reached(
  constraint: GapConstraint,
  length: number,
  border: Border = 'kept',
  after?: TextAfter,
) {
  const { automaton } = await compileConstraint(vocabulary, constraint, { border, lineBreaks: true, after });
  if (!automaton!.canEnd(automaton!.start, length)) return [];
  const from = (ids: readonly number[], state: number): string[] => {
    if (ids.length === length) return [ids.join()];
    const logits = new Float32Array(tokens.length).fill(1);
    automaton!.mask(logits, state, length - ids.length - 1);
    const allowed = [...logits.keys()].filter((id) => logits[id] !== -Infinity);
    expect(allowed).not.toEqual([]);
    return allowed.flatMap((id) => from([...ids, id], automaton!.after(state, bytesOf(id))!));
  };
  return from([], automaton!.start).sort();
}

function expected(length: number, fits: (text: string, ids: readonly number[]) => boolean): string[] {
  return sequences[length - 1]!.filter((ids) => {
    const text = textOf(ids);
    return text !== undefined && fits(text, ids);
  })
    .map((ids) => ids.join())
    .sort();
}

test('500 random regular expressions allow what matches them, whole, in exactly the tokens that are left', async () => {
  let matched = 0;
  for (let seed = 0; seed < 500; seed++) {
    const next = numbersOf(seed);
    const pattern = randomPattern(['a', 'b', ' ', 'A', '1', '€', 'é'], next, 4);
    const length = pick([1, 2, 2, 3], next);
    const regex = new RegExp(`^(?:${pattern})$`, 'u');
    const fills = await reached({ regex: pattern }, length);
    expect(fills, pattern).toEqual(expected(length, (text) => regex.test(text)));
    matched += fills.length;
  }
  expect(matched).toBeGreaterThan(2000);
});

describe('looking ahead at the end', () => {
  const letters = ['a', 'b', ' ', '€'];

  test('120 random regular expressions see the text after the gap as those of JavaScript do', async () => {
    let matched = 0;
    for (let seed = 0; seed < 120; seed++) {
      const next = numbersOf(3000 + seed);
      const some = (depth: number) => randomPattern(letters, next, depth);
      const ahead = () =>
        next() < 0.3 ? '' : `(?${pick(['=', '!'], next)}${some(2)}${pick(['', '', '$', '|$'], next)})`;
      const end = () => `${some(2)}${ahead()}${next() < 0.2 ? ahead() : ''}`;
      const pattern = `${end()}|${some(1)}(?:${end()}|${end()})${pick(['', '?'], next)}|${end()}`;
      const text = Array.from({ length: Math.floor(4 * next()) }, () => pick(letters, next)).join('');
      const fills = await reached({ regex: pattern }, 2, 'kept', { text, isAll: true });
      // A match that ends where the fill does.
      const fits = (fill: string) =>
        new RegExp(`^(?:${pattern})(?<=^[^]{${[...fill].length}})`, 'u').test(fill + text);
      expect(fills, `${pattern} before "${text}"`).toEqual(expected(2, fits));
      matched += fills.length;
    }
    expect(matched).toBeGreaterThan(300);
  });

  const seen = (regex: string, text: string, isAll = false) =>
    reached({ regex }, 1, 'kept', { text, isAll }).catch((error) => error.code);
  test('what comes after the next gap is not known', async () => {
    expect(await seen('a(?=b)|b(?= a)', ' ')).toEqual('constraint-unfit');
    expect(await seen('a(?=b)|b(?= a)', ' ', true)).toEqual([]);
    expect(await seen('a(?=b)|b(?= a)', ' a')).toEqual(['1', '7']);
    expect(await seen('a(?!b)', '')).toEqual('constraint-unfit');
    expect(await seen('a(?!b)', '', true)).toEqual(['0']);
    expect(await seen('a(?=b|$)', '')).toEqual('constraint-unfit');
    expect(await seen('a(?=b|$)', 'b')).toEqual(['0']);
    expect(await seen('a(?=b$)', 'a')).toEqual([]);
  });

  test('holds where nothing is known of the text', async () => {
    expect(await reached({ regex: 'a(?=b)|b(?!b)' }, 1)).toEqual(['0', '1', '7']);
  });

  test('does not go over the text again and again', async () => {
    expect(await seen('a(?=(?:a+)+b)', 'a'.repeat(50_000), true)).toEqual([]);
  });

  test.each(['^a$|^b$', '(^a|^(?:b$)?$)', '^a$|b(?=a)', 'b(?=a)|a$'])(
    '%s says no more than that the whole fill matches',
    async (regex) => {
      expect(await seen(regex, 'ab', true)).toEqual(['0', '1', '7']);
    },
  );

  test.each([
    '(?=a)a',
    '(?:a(?=b))*',
    'a(?<=a)',
    'a\\b',
    '(?!a)',
    'a(?=a(?=b))',
    'a$b',
    'a^',
    'a(?=^)',
    '(?:a$)*',
  ])('%s is refused where it looks at the fill', async (regex) => {
    expect(await seen(regex, 'ab', true)).toEqual(regex === '(?!a)' ? [] : 'regex-invalid');
  });
});

test('choices of many characters, and with much in common', async () => {
  const choices = ['a', 'b'].map((end) => 'ab'.repeat(5000) + end);
  expect(await reached({ choices }, 3)).toEqual([]);
});

test('100 random lists of choices allow each choice in each way that it can be spelt', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const next = numbersOf(seed);
    const choices = Array.from({ length: 1 + Math.floor(4 * next()) }, () =>
      Array.from({ length: 1 + Math.floor(4 * next()) }, () => pick(['a', 'b', '€', ' '], next)).join(''),
    );
    const fills = await reached({ choices }, 2);
    expect(fills, choices.join()).toEqual(expected(2, (text) => choices.includes(text)));
  }
});

const fitting: [string, GapConstraint, (text: string, ids: readonly number[]) => boolean][] = [
  ['characters', { characters: 2 }, (text) => [...text].length === 2],
  ['a range of characters', { characters: '3-4' }, (text) => [...text].length >= 3 && [...text].length <= 4],
  ['words', { words: 2 }, (text) => /^[ab1Aé]+ [ab1Aé]+$/.test(text)],
  ['a range of words', { words: '1-2' }, (text) => /^[ab1Aé]+(?: [ab1Aé]+)?$/.test(text)],
  ['banned text', { ban: ['ba', '€'] }, (text) => !text.includes('ba') && !text.includes('€')],
  ['banned text within banned text', { ban: ['aab', 'a'] }, (text) => !text.includes('a')],
  ['a banned token', { ban: [1] }, (_, ids) => !ids.includes(1)],
  ['lower case', { case: 'lower' }, (text) => !text.includes('A')],
  ['upper case', { case: 'upper' }, (text) => !/[abé]/.test(text)],
  ['title case', { case: 'title' }, (text) => !/(?:^|[^ab1Aé])[abé]|[ab1Aé]A/.test(text)],
  [
    'several at once',
    { regex: '[^1]+', characters: '2-3', ban: ['bb'], case: 'lower', words: 1 },
    (text) => /^[abé]{2,3}$/.test(text) && !text.includes('bb'),
  ],
  ['a schema', { schema: { enum: [1, 11] } }, (text) => text === '1' || text === '11'],
];

test.each(fitting)('%s', async (_, constraint, fits) => {
  for (const length of [1, 2, 3])
    expect(await reached(constraint, length)).toEqual(expected(length, (text, ids) => fits(text, ids)));
});

describe('the space before a fill', () => {
  const matches = /^ ?(?:a|b)+$/;
  const kept = (text: string) => matches.test(text);
  const without = (text: string) => matches.test(text.slice(1));
  test.each<[Border, (text: string) => boolean]>([
    ['kept', kept],
    ['carried', (text) => text.startsWith(' ') && without(text)],
    ['dropped', (text) => (text.startsWith(' ') ? without(text) : kept(text))],
    ['spare', (text) => (text.startsWith(' ') ? text.startsWith('  ') && without(text) : kept(text))],
  ])('is %s', async (border, fits) => {
    for (const length of [1, 2, 3])
      expect(await reached({ regex: ' ?(?:a|b)+' }, length, border)).toEqual(expected(length, fits));
  });
});

test('no line break where lines are read, whatever is asked', async () => {
  const lines = {
    ...vocabularyOf(),
    bytesOf: (id: number) => (id === 0 ? Uint8Array.of(0x0a) : bytesOf(id)),
  };
  const allowed = async (lineBreaks: boolean) => {
    const { automaton } = await compileConstraint(lines, { regex: '\\s' }, { border: 'kept', lineBreaks });
    const logits = new Float32Array(tokens.length);
    automaton!.mask(logits, automaton!.start, 0);
    return [...logits.keys()].filter((id) => logits[id] === 0);
  };
  expect(await allowed(true)).toEqual([0, 4]);
  expect(await allowed(false)).toEqual([4]);
});

test('rows of logits beyond the vocabulary are never allowed', async () => {
  for (const [regex, allowed] of [
    ['a', [0]],
    ['[^é]', [0, 1, 4, 5, 6, 7]],
  ] as const) {
    const { automaton } = await compileConstraint(
      vocabulary,
      { regex },
      { border: 'kept', lineBreaks: true },
    );
    const logits = new Float32Array(tokens.length + 4);
    automaton!.mask(logits, automaton!.start, 0);
    expect([...logits.keys()].filter((id) => logits[id] === 0)).toEqual(allowed);
  }
});

test('what was forgotten is found again', async () => {
  const { keptEdges } = limits;
  const forgetful: { keptEdges: number } = limits;
  forgetful.keptEdges = 8;
  try {
    const regex = '(?:ab|b| )*1?';
    const whole = new RegExp(`^(?:${regex})$`);
    expect(await reached({ regex }, 3)).toEqual(expected(3, (text) => whole.test(text)));
  } finally {
    forgetful.keptEdges = keptEdges;
  }
});

test('lengths that a fill can have', async () => {
  const lengths = async (constraint: GapConstraint, most: number) =>
    satisfiableLengths(
      await compileConstraint(vocabulary, constraint, { border: 'carried', lineBreaks: false }),
      most,
    );
  expect(await lengths({ choices: ['a', 'abab'] }, 8)).toEqual([1, 2, 3, 4, 5]);
  expect(await lengths({ regex: 'é{3}' }, 8)).toEqual([4]);
  expect(await lengths({ regex: '€' }, 8)).toEqual([3]);
  expect(await lengths({ regex: 'z' }, 8)).toEqual([]);
  expect(await lengths({ regex: 'a', case: 'upper' }, 8)).toEqual([]);
  expect(await lengths({ bias: { a: 1 } }, 3)).toEqual([1, 2, 3]);
  expect((await lengths({ regex: '[ab]{4096}' }, 4097)).length).toBe(2049);
});

describe('bias', () => {
  const biased = async (bias: GapConstraint['bias'], before: readonly number[] = []) => {
    const compiled = await compileConstraint(vocabulary, { bias }, { border: 'kept', lineBreaks: true });
    const logits = new Float32Array(tokens.length);
    compiled.bias!.add(logits, before);
    return Object.fromEntries([...logits.entries()].filter(([, logit]) => logit !== 0));
  };
  test('of tokens by their text, with a space before it or without, and by their id', async () => {
    expect(await biased({ a: -2 })).toEqual({ 0: -2, 3: -2 });
    expect(await biased({ b: 1 })).toEqual({ 1: 1, 7: 1 });
    expect(await biased([[5, 3]])).toEqual({ 5: 3 });
    expect(await biased({ z: 1 })).toEqual({});
  });

  test('of a text of several tokens: of the one that it is complete with', async () => {
    expect(await biased({ aba: 2 })).toEqual({});
    expect(await biased({ aba: 2 }, [1, 2])).toEqual({ 0: 2 });
    expect(await biased({ aba: 2 }, [3, 1])).toEqual({ 0: 2 });
    expect(await biased({ aba: 2 }, [1, 1])).toEqual({});
  });
});

describe('what is refused', () => {
  const refused = (constraint: unknown) =>
    compileConstraint(
      vocabulary,
      constraint as GapConstraint,
      { border: 'kept', lineBreaks: true },
      'gap 2',
    ).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
  test.each([
    [{ word: 2 }, 'Cannot constrain gap 2: key "word": there is no such key.'],
    [{ words: '3-2' }, 'Cannot constrain gap 2: key "words" is "3-2": 3 is above 2.'],
    [
      { characters: 'few' },
      'Cannot constrain gap 2: key "characters" must be a number or a range such as "1-3", from 1 to 65536, and is "few".',
    ],
    [
      { choices: [] },
      'Cannot constrain gap 2: key "choices": it must be a list of texts that is not empty, and is an empty list.',
    ],
    [
      { case: 'camel' },
      'Cannot constrain gap 2: key "case": it must be one of "lower", "upper", "title", and is "camel".',
    ],
    [
      { ban: ['a', 12] },
      'Cannot constrain gap 2: key "ban" has the id 12, and the vocabulary has 12 tokens, from 0.',
    ],
    [
      { bias: [[-1, 2]] },
      'Cannot constrain gap 2: key "bias.0.0": it must be text that is not empty or a whole number of at least 0, and is -1.',
    ],
    [{ bias: { a: 'x' } }, 'Cannot constrain gap 2: key "bias.a": it must be a number, and is "x".'],
    [
      {
        bias: [
          ['a', 1],
          [99, 1],
        ],
      },
      'Cannot constrain gap 2: key "bias" has the id 99, and the vocabulary has 12 tokens, from 0.',
    ],
    [
      { regex: '[' },
      'Cannot constrain a gap: the regular expression "[" does not work (Unterminated character class).',
    ],
    [
      { regex: '(?=a)b' },
      'Cannot constrain a gap: the regular expression "(?=a)b" does not work (It looks around, and not only ahead where it ends).',
    ],
    [
      { regex: '(?:a{1000}){1000}' },
      'Cannot constrain a gap: the regular expression has more than 8192 states.',
    ],
    [{ regex: '\\p{L}{1000}' }, 'Cannot constrain a gap: the regular expression has more than 262144 edges.'],
    [
      { regex: `${'('.repeat(3000)}a${')'.repeat(3000)}` },
      'Cannot constrain a gap: the regular expression has more than 100 brackets within each other.',
    ],
  ])('%j', async (constraint, message) => {
    expect(await refused(constraint)).toBe(message);
  });

  test('nothing that backtracking would take for ever over', async () => {
    for (const regex of ['(a+)+$', '(?:a|a)*b', '(?:a|b)*a(?:a|b){30}', '^(?:x+x+)+y'])
      expect(await refused({ regex })).toBe('nothing');
  });
});
