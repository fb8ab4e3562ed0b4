// Looks at a text of JSON before it is read: refuses what is too deep or too wide, and finds where it can be cut.

/** Far above what configurations, tokenizers and records have. */
const mostLevels = 100;

/** Characters that are looked at in one go. */
const lookLength = 2 ** 18;

export interface Bounds {
  /** Most fields of an object. @default any number */
  readonly fields?: number;
}

/** Members of the outermost list or object with commas between them; or one that is long. */
export interface Part {
  readonly text: string;
  readonly isLong: boolean;
  /** Of one that is long, in an object: what stands before the colon. */
  readonly name?: string;
}

export interface Parts {
  /** Whether the text is a list or an object and nothing else, as far as its brackets tell. */
  readonly isWhole: boolean;
  /** None of what is empty. */
  readonly parts: readonly Part[];
}

/**
 * Stops now and then, and returns parts of about `length` characters. What is within them is not checked. Looking costs less than
 * building what is too large.
 * @throws SyntaxError beyond the bounds
 */
export function* lookThrough(
  text: string,
  length: number,
  { fields = Number.POSITIVE_INFINITY }: Bounds = {},
): Generator<void, Parts> {
  const parts: Part[] = [];
  let levels = 0;
  const named: number[] = [];
  let isString = false;
  let lists = 0;
  let opened = 0;
  let closed = 0;
  /** Where the part, its last member, and what that member says begin. */
  let part = 0;
  let member = 0;
  let value = 0;
  const endMember = (at: number, isLast: boolean) => {
    const isLong = at - member > length;
    const end = isLong ? member - 1 : at;
    if (end >= part && (isLong || isLast || end - part > length)) {
      parts.push({ text: text.slice(part, end), isLong: false });
      part = at + 1;
    }
    if (isLong) {
      const name = value > member ? { name: text.slice(member, value - 1) } : {};
      parts.push({ text: text.slice(value, at), isLong, ...name });
      part = at + 1;
    }
    member = value = at + 1;
  };
  let pause = lookLength;
  for (let at = 0; at < text.length; at++) {
    if (at >= pause) {
      yield;
      pause = at + lookLength;
    }
    if (isString) {
      at = text.indexOf('"', at);
      if (at < 0) break;
      let slashes = 0;
      while (text[at - 1 - slashes] === '\\') slashes++;
      isString = slashes % 2 === 1;
      continue;
    }
    const character = text[at];
    if (character === '"') isString = true;
    else if (character === '[' || character === '{') {
      if (++levels > mostLevels) throw new SyntaxError(`it is nested deeper than ${mostLevels} levels`);
      named[levels] = 0;
      if (levels > 1) continue;
      lists++;
      opened = at;
      part = member = value = at + 1;
    } else if (character === ']' || character === '}') {
      if (--levels > 0) continue;
      endMember(at, true);
      closed = at;
    } else if (character === ':') {
      if (++named[levels]! > fields) throw new SyntaxError(`an object in it has more than ${fields} fields`);
      if (levels === 1 && value === member) value = at + 1;
    } else if (levels === 1 && character === ',') endMember(at, false);
  }
  const brackets = `${text[opened]}${text[closed]}`;
  const around = text.slice(0, opened) + text.slice(closed + 1);
  return {
    isWhole: lists === 1 && levels === 0 && (brackets === '[]' || brackets === '{}') && around.trim() === '',
    parts: parts.length === 1 && parts[0]!.text.trim() === '' ? [] : parts,
  };
}
