// Reads JSON that strangers wrote: nested so far only that whatever walks through it later has room to, and a long text in parts.
import { type Bounds, lookThrough, type Part } from './json-parts.js';
import { atOnce, ownTurn, takeTurns } from './own-turn.js';

/** Characters that are read in one go. */
const partLength = 2 ** 16;

/** Whether a value of JSON has fields. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws SyntaxError for what is no JSON, for lists and objects within one another beyond 100 levels, and beyond the bounds */
export function parseJson(text: string, bounds: Bounds = {}): unknown {
  return atOnce(parsingJson(text, bounds));
}

/** The same, which stops while it looks through a long text; what builds the value then does not. */
export function* parsingJson(text: string, bounds: Bounds = {}): Generator<void, unknown> {
  yield* lookThrough(text, Number.POSITIVE_INFINITY, bounds);
  if (text.length > partLength) yield;
  return JSON.parse(text);
}

/** The same, with turns of the event loop in between where the text is long. */
export async function readJson(text: string, bounds: Bounds = {}): Promise<unknown> {
  if (text.length <= partLength) return parseJson(text, bounds);
  const { isWhole, parts } = await takeTurns(lookThrough(text, partLength, bounds));
  const start = text.trimStart()[0];
  if (start !== '[' && start !== '{') return parsePart(text);
  if (!isWhole) throw new SyntaxError('its brackets do not match');
  return start === '{' ? readObject(parts) : readList(parts);
}

async function readList(parts: readonly Part[]): Promise<unknown[]> {
  const list: unknown[] = [];
  for (const { text, isLong, name } of parts) {
    if (name !== undefined) throw new SyntaxError('a list in it has names');
    if (isLong) list.push(await readJson(text));
    else for (const value of parsePart(`[${filled(text)}]`) as unknown[]) list.push(value);
    await ownTurn();
  }
  return list;
}

async function readObject(parts: readonly Part[]): Promise<object> {
  const object = {};
  for (const { text, isLong, name } of parts) {
    if (isLong) setField(object, nameOf(name), await readJson(text));
    else
      for (const [field, value] of Object.entries(parsePart(`{${filled(text)}}`) as object))
        setField(object, field, value);
    await ownTurn();
  }
  return object;
}

/** A comma has something on both sides. */
function filled(text: string): string {
  if (text.trim() === '') throw new SyntaxError('nothing stands beside a comma in it');
  return text;
}

function nameOf(text: string | undefined): string {
  const name = parsePart(text ?? '');
  if (typeof name !== 'string') throw new SyntaxError('a name in it is not a string');
  return name;
}

/** Positions in messages would be those in the part. */
function parsePart(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError((error as Error).message.replace(/ in JSON at position .*$/s, ''), {
      cause: error,
    });
  }
}

/** As a field of its own also where it is called "__proto__". */
function setField(object: object, name: string, value: unknown): void {
  if (name !== '__proto__') (object as Record<string, unknown>)[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
