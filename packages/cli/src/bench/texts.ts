// The lines that a benchmark fills.
import { DataError } from '@maria/core/errors';
import { openSource, readLines } from '../input.js';
import { decodeUtf8 } from '../utf8.js';

/** Those that are not empty. @throws DataError naming the line that cannot be read */
export async function readTexts(path: string, signal: AbortSignal): Promise<string[]> {
  const { name, bytes } = openSource(path, signal);
  const texts: string[] = [];
  for await (const { number, bytes: line } of readLines(bytes)) {
    if (!line) throw new DataError('line-too-long', `Cannot read ${name}: line ${number} is too long.`);
    const text = decodeUtf8(line, `${name}, line ${number}`);
    if (text.trim() !== '') texts.push(text);
  }
  return texts;
}
