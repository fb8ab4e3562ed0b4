// The lines that a benchmark fills.
import { DataError } from '@maria/core/errors';
import { lineName, openSource, readLines, textOfLine } from '../input.js';

/** Those that are not empty. @throws DataError where the file cannot be read or has none; MariaError naming the line that is no text */
export async function readTexts(path: string, signal: AbortSignal): Promise<string[]> {
  const { name, bytes } = openSource(path, signal);
  const texts: string[] = [];
  for await (const line of readLines(bytes)) {
    const text = textOfLine(line, lineName(line, name));
    if (text.trim() !== '') texts.push(text);
  }
  if (texts.length === 0)
    throw new DataError('empty-text', `Cannot measure on ${name}: there is no text in it.`, {
      try: 'Give a file with a text on each line.',
    });
  return texts;
}
