// Breaks the draft into the lines of the editor: at line breaks, and where the width is used up, after a space where there is one.
// Ink wraps its texts with wrap-ansi, which tells no offsets for the cursor to move by, and normalises the text.
import { widthOf } from './width.js';

export interface TextLine {
  /** UTF-16 offsets of the line in the text; its line break is not in it. */
  readonly start: number;
  readonly end: number;
}

/** At least one line; the lines and the breaks between them are the text. */
export function wrapText(text: string, columns: number): TextLine[] {
  const lines: TextLine[] = [];
  let start = 0;
  for (const paragraph of text.split('\n')) {
    lines.push(...wrapParagraph(paragraph, columns, start));
    start += paragraph.length + 1;
  }
  return lines;
}

function wrapParagraph(paragraph: string, columns: number, offset: number): TextLine[] {
  const lines: TextLine[] = [];
  let start = 0;
  let at = 0;
  let width = 0;
  let breakAt = 0;
  for (const character of paragraph) {
    const wide = shownWidth(character);
    while (width + wide > columns && at > start) {
      const end = breakAt > start ? breakAt : at;
      lines.push({ start: offset + start, end: offset + end });
      start = end;
      width = widthOfShown(paragraph.slice(start, at));
      breakAt = start;
    }
    at += character.length;
    width += wide;
    if (character === ' ') breakAt = at;
  }
  lines.push({ start: offset + start, end: offset + paragraph.length });
  return lines;
}

/** Control characters are shown as one cell. */
function shownWidth(character: string): number {
  return character < ' ' ? 1 : widthOf(character);
}

function widthOfShown(text: string): number {
  let width = 0;
  for (const character of text) width += shownWidth(character);
  return width;
}
