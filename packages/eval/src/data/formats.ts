// Items of each format of data sets, one after the other. What is wrong with a file is told with its name and line.
import { DataError, isJsonObject, parseJson } from '@maria/core';
import { type DataSource, documentsOf, linesOf } from '@maria/training';
import { parseCsv } from './csv.js';
import type { DataFormat, DataItem } from './item.js';
import { type Span, wordsOf } from './words.js';

export interface ReadItems {
  /** Field of the records of JSONL. */
  readonly field: string;
  /** Longest text of a document: the rest is not read. */
  readonly longest: number;
}

type Read = (source: DataSource, options: ReadItems) => AsyncGenerator<DataItem>;

export const readItems: Readonly<Record<DataFormat, Read>> = {
  /** Plain text with `<|endoftext|>` between documents, or JSONL. */
  text: async function* (source, { field, longest }) {
    let text = '';
    for await (const piece of documentsOf(source, { field })) {
      if (piece !== 'end') {
        if (text.length < longest) text += piece.text;
        continue;
      }
      if (text.trim() !== '') yield { text };
      text = '';
    }
  },

  /** A passage on each line, as text or in a field; its last word is to be told. */
  lambada: async function* (source, { field }) {
    for await (const { line, number } of numbered(source)) {
      if (line.trim() === '') continue;
      const text = (
        line.startsWith('{') ? stringIn(recordIn(source, line, number), field, source, number) : line
      ).trim();
      const last = wordsOf(text).at(-1)!;
      // Punctuation after the word, as in some copies of the set, stays.
      const word = /^[\p{L}\p{N}'’-]+/u.exec(text.slice(...last))?.[0];
      const gap: Span = [last[0], word === undefined ? last[1] : last[0] + word.length];
      if (gap[0] > 0) yield { text, gaps: [gap] };
    }
  },

  /** Stories of five sentences; the third is to be told. As the cloze test with its right ending, or with sentence1 … sentence5. */
  rocstories: async function* (source) {
    const rows = parseCsvOf(source, await wholeText(source));
    const header = rows.shift() ?? [];
    const columns = sentenceColumns(header);
    if (!columns)
      throw new DataError(
        'bad-csv',
        `Cannot read ${source.name}: its first row names neither sentence1 to sentence5 nor InputSentence1 to InputSentence4 with AnswerRightEnding.`,
        { try: 'Give the CSV file as the ROCStories authors publish it.' },
      );
    for (const [i, row] of rows.entries()) {
      const sentences = columns(row);
      if (sentences.some((sentence) => sentence === ''))
        throw new DataError('bad-csv', `Cannot read ${source.name}: row ${i + 2} lacks a sentence.`);
      const before = `${sentences.slice(0, 2).join(' ')} `;
      const text = sentences.join(' ');
      yield { text, gaps: [[before.length, before.length + sentences[2]!.length]], id: row[0]! };
    }
  },

  /** {"task_id", "entry_point", "prompt", "suffix", "canonical_solution", "test"} on each line. */
  'humaneval-infilling': async function* (source) {
    for await (const { line, number } of numbered(source)) {
      if (line.trim() === '') continue;
      const record = recordIn(source, line, number);
      const read = (field: string) => stringIn(record, field, source, number);
      yield {
        ...around(read('prompt'), read('canonical_solution'), read('suffix')),
        id: read('task_id'),
        program: { test: read('test'), entryPoint: read('entry_point') },
      };
    }
  },

  /** {"prompt", "suffix", "canonical_solution"} on each line: what counts is the first line of the fill. */
  'santacoder-fim': async function* (source) {
    for await (const { line, number } of numbered(source)) {
      if (line.trim() === '') continue;
      const record = recordIn(source, line, number);
      const read = (field: string) => stringIn(record, field, source, number);
      const { name } = record;
      yield {
        ...around(read('prompt'), read('canonical_solution'), read('suffix')),
        ...(typeof name === 'string' && { id: name }),
      };
    }
  },
};

function around(prompt: string, middle: string, suffix: string): DataItem {
  return { text: prompt + middle + suffix, gaps: [[prompt.length, prompt.length + middle.length]] };
}

async function* numbered(source: DataSource): AsyncGenerator<{ line: string; number: number }> {
  let number = 0;
  for await (const line of linesOf(source)) yield { line, number: ++number };
}

function recordIn({ name }: DataSource, line: string, number: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    throw new DataError('bad-jsonl', `Cannot read ${name}: line ${number} is not JSON.`, { cause: error });
  }
  if (!isJsonObject(value))
    throw new DataError('bad-jsonl', `Cannot read ${name}: line ${number} holds no object.`);
  return value;
}

/** @throws DataError for a record without the field */
function stringIn(
  record: Readonly<Record<string, unknown>>,
  field: string,
  { name }: DataSource,
  number: number,
): string {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (typeof value === 'string') return value;
  throw new DataError(
    'bad-jsonl',
    `Cannot read ${name}: line ${number} has no string ${JSON.stringify(field)}.`,
  );
}

async function wholeText(source: DataSource): Promise<string> {
  const lines: string[] = [];
  for await (const line of linesOf(source)) lines.push(line);
  return lines.join('\n');
}

function parseCsvOf({ name }: DataSource, text: string): string[][] {
  try {
    return parseCsv(text);
  } catch (error) {
    throw new DataError('bad-csv', `Cannot read ${name} as CSV: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

function sentenceColumns(header: readonly string[]): ((row: readonly string[]) => string[]) | undefined {
  const find = (names: readonly string[]) => names.map((name) => header.indexOf(name));
  const five = find([1, 2, 3, 4, 5].map((n) => `sentence${n}`));
  if (five.every((at) => at >= 0)) return (row) => five.map((at) => row[at] ?? '');
  const four = find([1, 2, 3, 4].map((n) => `InputSentence${n}`));
  const [first, second, right] = find([
    'RandomFifthSentenceQuiz1',
    'RandomFifthSentenceQuiz2',
    'AnswerRightEnding',
  ]) as [number, number, number];
  if ([...four, first, second, right].some((at) => at < 0)) return undefined;
  return (row) => [...four.map((at) => row[at] ?? ''), row[row[right] === '2' ? second : first] ?? ''];
}
