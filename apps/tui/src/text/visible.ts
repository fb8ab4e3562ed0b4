// Text from models, files and people, made safe to draw: no control character reaches the terminal.

/** Control characters but line breaks, and what turns the order of a line, become a dot each. */
export function visible(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·');
}
