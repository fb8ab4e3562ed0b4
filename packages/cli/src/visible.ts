// Names, tokens and texts come from strangers, and must not steer a terminal: control characters are shown as escapes.

/** C0 and C1 with DEL, the line breaks that are no control characters, and what turns the order in which a line is shown. */
const control = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** What stays in a text: tabs, line breaks, and the colours that `paint` gives. */
const harmless = ['\t', '\n', '\r\n', ...[31, 32, 33, 39].map((color) => `\u001b[${color}m`)];

/** A line as a terminal may show it. JSON stays JSON of the same value. */
export function visibleLine(line: string): string {
  return line.replaceAll(control, escaped);
}

/** A text as a terminal may show it, its lines and colours kept. Bytes that are no text are shown as U+FFFD. */
export function visibleText(given: string | Uint8Array): string {
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given);
  return text.replaceAll(control, (character, at: number) =>
    harmless.some((kept) => text.startsWith(kept, at)) ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
