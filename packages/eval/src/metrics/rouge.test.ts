// ROUGE against the values of rouge_score 0.1.2: RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False).score(reference, fill).
import { expect, test } from 'vitest';
import { rougeL, rougeN, rougeWords } from './rouge.js';

type Values = readonly [precision: number, recall: number, f1: number];

const recorded: readonly (readonly [reference: string, fill: string, Values, Values, Values])[] = [
  [
    'The cat sat on the mat.',
    'the cat was on the mat',
    [0.8333333333333334, 0.8333333333333334, 0.8333333333333334],
    [0.6, 0.6, 0.6],
    [0.8333333333333334, 0.8333333333333334, 0.8333333333333334],
  ],
  ['A quick brown fox', 'a quick brown fox', [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
  ['', '', [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0, 0, 0]],
  ['hello', '', [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0, 0, 0]],
  ['', 'hello', [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0, 0, 0]],
  [
    "Tom's dog ran 3 miles -- really!",
    'Tom s dog ran three miles, really',
    [0.8571428571428571, 0.8571428571428571, 0.8571428571428571],
    [0.6666666666666666, 0.6666666666666666, 0.6666666666666666],
    [0.8571428571428571, 0.8571428571428571, 0.8571428571428571],
  ],
  [
    'the the the the',
    'the the',
    [1.0, 0.5, 0.6666666666666666],
    [1.0, 0.3333333333333333, 0.5],
    [1.0, 0.5, 0.6666666666666666],
  ],
  [
    'one two three four five six',
    'six five four three two one',
    [1.0, 1.0, 1.0],
    [0.0, 0.0, 0.0],
    [0.16666666666666666, 0.16666666666666666, 0.16666666666666666],
  ],
  ['a b c d e', 'a c e b d', [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.6, 0.6, 0.6]],
  [
    'Naïve café über 2024-11-29',
    'naive cafe uber 2024 11 29',
    [0.5, 0.42857142857142855, 0.4615384615384615],
    [0.4, 0.3333333333333333, 0.3636363636363636],
    [0.5, 0.42857142857142855, 0.4615384615384615],
  ],
  [
    'She went to the market to buy some apples and bread for her mother.',
    'He walked to a market and bought bread and apples for his mother',
    [0.5384615384615384, 0.5, 0.5185185185185186],
    [0.0, 0.0, 0.0],
    [0.46153846153846156, 0.42857142857142855, 0.4444444444444445],
  ],
  [
    'Once upon a time, there was a little girl.\nShe was happy.',
    'Once there was a girl who was happy.\nA little.',
    [0.9, 0.75, 0.8181818181818182],
    [0.4444444444444444, 0.36363636363636365, 0.39999999999999997],
    [0.7, 0.5833333333333334, 0.6363636363636365],
  ],
  ['日本語 text', '日本語 text', [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
  [
    'word',
    'word word word word word',
    [0.2, 1.0, 0.33333333333333337],
    [0.0, 0.0, 0.0],
    [0.2, 1.0, 0.33333333333333337],
  ],
  ['under_score snake_case', 'under score snake case', [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
] as never;

test.each(recorded)('%j and %j', (reference, fill, one, two, longest) => {
  const found = [rougeN(reference, fill, 1), rougeN(reference, fill, 2), rougeL(reference, fill)];
  for (const [i, values] of [one, two, longest].entries()) {
    const { precision, recall, f1 } = found[i]!;
    expect(precision).toBeCloseTo(values[0], 12);
    expect(recall).toBeCloseTo(values[1], 12);
    expect(f1).toBeCloseTo(values[2], 12);
  }
});

test('words are of a-z and digits', () => {
  expect(rougeWords("It's 3.5 Über_x")).toEqual(['it', 's', '3', '5', 'ber', 'x']);
});
