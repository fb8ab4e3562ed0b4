// How wide text is in a terminal, and making it fit.
import stringWidth from 'string-width';

/** Widths that were asked for: a screen asks for the same tokens again with every frame. */
const known = new Map<string, number>();
const mostKnown = 10_000;

/** Cells that the text takes. */
export function widthOf(text: string): number {
  // Most text is plain ASCII, whose width is its length.
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = known.get(text);
  if (width === undefined) {
    width = stringWidth(text);
    if (known.size >= mostKnown) known.clear();
    known.set(text, width);
  }
  return width;
}

/**
 * The text cut to at most `width` cells, with an ellipsis where something is missing. Own, because cli-truncate, which Ink cuts with,
 * keeps a wide character of which only one half has room.
 */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width < 1 ? '' : `${kept}…`;
}
