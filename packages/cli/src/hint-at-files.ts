// Tells who gives the name of a file where a text is meant.
import { statSync } from 'node:fs';
import { note } from './output.js';

/** A text stays a text, whatever files there are: this is a line on standard error only. */
export function hintAtFiles(texts: readonly string[], command: string): void {
  const file = texts.find((text) => text !== '-' && isFile(text));
  if (file !== undefined)
    note(
      `${JSON.stringify(file)} is taken as a text. To read the file of that name: maria ${command} < ${file}`,
    );
}

export function isFile(text: string): boolean {
  try {
    return statSync(text).isFile();
  } catch {
    // What is too long for a name is no file either.
    return false;
  }
}
