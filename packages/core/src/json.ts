// Reads JSON that strangers wrote: nested so far only that whatever walks through it later has room to.

/** Far above what configurations, tokenizers and records have. */
const mostLevels = 100;

/** Whether a value of JSON has fields. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Bounds {
  /** Most fields of the outermost object. @default any number */
  readonly fields?: number;
}

/** Looks at the text: it takes longer to build what is too large than to refuse it. @throws SyntaxError */
function refuseBeyond({ fields = Number.POSITIVE_INFINITY }: Bounds, text: string): void {
  let levels = 0;
  let named = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '[' || character === '{') {
      if (++levels > mostLevels) throw new SyntaxError(`it is nested deeper than ${mostLevels} levels`);
    } else if (character === ']' || character === '}') levels--;
    else if (character === ':' && levels === 1 && ++named > fields)
      throw new SyntaxError(`it has more than ${fields} fields`);
  }
}

/** Where the string that begins at `start` ends; the end of the text, where it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** @throws SyntaxError for what is no JSON, for lists and objects within one another beyond 100 levels, and beyond the bounds */
export function parseJson(text: string, bounds: Bounds = {}): unknown {
  refuseBeyond(bounds, text);
  return JSON.parse(text);
}
