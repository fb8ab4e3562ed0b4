// What is told of texts that are read in windows: once, of the first.
import type { WindowSpan } from '@maria/core';

/** @param note takes the line */
export function windowsTeller(note: (line: string) => void) {
  let isTold = false;
  return (windows: readonly WindowSpan[], name = 'the text'): void => {
    if (isTold) return;
    isTold = true;
    const longest = windows.reduce((most, { start, end }) => Math.max(most, end - start), 0);
    const count = `${windows.length} ${windows.length === 1 ? 'window' : 'windows'}`;
    note(
      `Too long to be read at once: ${name}. It is read in ${count} of up to ${longest} tokens, as is any other like it.`,
    );
  };
}
