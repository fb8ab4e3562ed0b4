// Reads the JSON header of a safetensors file. Its grammar is two levels deep, so it is read as exactly that:
// no nesting to overflow a stack, duplicate keys seen, numbers exact.
import { quote } from './quote.js';

/** One tensor as the header describes it, unchecked against the file. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: readonly HeaderTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** What is wrong with a header, without the file's name. */
export class HeaderError extends Error {
  override name = 'HeaderError';
}

/** More dimensions than any real tensor has; the bound keeps hostile shapes small. */
const maxRank = 64;
/** Sticky patterns; a plain integer has no sign, fraction or exponent. */
const whitespace = /[ \t\n\r]*/y;
const integer = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;

class Scanner {
  private readonly text: string;
  private position = 0;
  /** The tensor being read, for messages. */
  tensor: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  fail(fact: string): never {
    const where = this.tensor === undefined ? '' : `tensor ${quote(this.tensor)}: `;
    throw new HeaderError(`${where}${fact} at character ${this.position} of the header`);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  accept(symbol: string): boolean {
    this.match(whitespace);
    if (!this.text.startsWith(symbol, this.position)) return false;
    this.position += symbol.length;
    return true;
  }

  expect(symbol: string): void {
    if (!this.accept(symbol)) this.fail(`expected "${symbol}"`);
  }

  string(what: string): string {
    this.match(whitespace);
    const literal = this.stringLiteral();
    if (literal === undefined) this.fail(`expected ${what} as a string`);
    try {
      return JSON.parse(literal) as string;
    } catch {
      this.fail(`${what} is not a valid JSON string`);
    }
  }

  /** Walked rather than matched: a regular expression may overflow its stack on a very long string. */
  private stringLiteral(): string | undefined {
    if (this.text[this.position] !== '"') return undefined;
    for (let i = this.position + 1; i < this.text.length; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 0x5c) i++;
      else if (code === 0x22) {
        const literal = this.text.slice(this.position, i + 1);
        this.position = i + 1;
        return literal;
      }
    }
    return undefined;
  }

  integer(what: string): number {
    this.match(whitespace);
    const literal = this.match(integer);
    const value = Number(literal);
    if (literal === undefined || !Number.isSafeInteger(value))
      this.fail(`expected ${what} as a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
    return value;
  }

  integers(what: string, most: number): number[] {
    const values: number[] = [];
    this.expect('[');
    if (this.accept(']')) return values;
    do {
      if (values.length === most) this.fail(`${what} has more than ${most} numbers`);
      values.push(this.integer(what));
    } while (this.accept(','));
    this.expect(']');
    return values;
  }

  /** The members of an object: `member` reads each value. Duplicate keys are refused. */
  object(what: string, member: (key: string) => void): void {
    const seen = new Set<string>();
    this.expect('{');
    if (this.accept('}')) return;
    do {
      const key = this.string(`${what} name`);
      if (seen.has(key)) this.fail(`${what} ${quote(key)} appears twice`);
      seen.add(key);
      this.expect(':');
      member(key);
    } while (this.accept(','));
    this.expect('}');
  }

  end(): void {
    this.match(whitespace);
    if (this.position < this.text.length) this.fail('unexpected text after the JSON object');
  }
}

function readTensor(scanner: Scanner, name: string): HeaderTensor {
  scanner.tensor = name;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object('field', (field) => {
    if (field === 'dtype') dtype = scanner.string('dtype');
    else if (field === 'shape') shape = scanner.integers('shape', maxRank);
    else if (field === 'data_offsets') offsets = scanner.integers('data_offsets', 2);
    else scanner.fail(`unknown field ${quote(field)}`);
  });
  if (dtype === undefined) scanner.fail('dtype is missing');
  if (shape === undefined) scanner.fail('shape is missing');
  const [begin, end] = offsets ?? [];
  if (begin === undefined || end === undefined) scanner.fail('data_offsets is missing or is not two numbers');
  scanner.tensor = undefined;
  return { name, dtype, shape, begin, end };
}

/** @throws HeaderError */
export function parseSafetensorsHeader(text: string): SafetensorsHeader {
  const scanner = new Scanner(text);
  const tensors: HeaderTensor[] = [];
  const metadata = new Map<string, string>();
  if (!text.startsWith('{')) scanner.fail('the header does not start with "{"');
  scanner.object('tensor', (name) => {
    if (name === '__metadata__')
      scanner.object('metadata key', (key) =>
        metadata.set(key, scanner.string(`the value of metadata key ${quote(key)}`)),
      );
    else tensors.push(readTensor(scanner, name));
  });
  scanner.end();
  return { tensors, metadata };
}
