// What is wrong with JSON that does not fit a schema, in maria's own words: 'key "hidden_size": it must be a whole number
// above 0, and is "x"'.
import { z } from 'zod';
import { quote, quoteJson } from './quote.js';

/** The part of JSON Schema in which zod tells what a schema takes. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

type Key = string | number;

/**
 * The first thing that does not fit.
 * @param value what was parsed, from a JSON file
 * @param keyName what the file calls a key at its top, where the schema knows it by another name
 */
export function misfit(
  schema: z.ZodType,
  value: unknown,
  error: z.ZodError,
  keyName: (key: string) => string = (key) => key,
): string {
  const issue = innermost(error.issues[0]!);
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...issue.path, ...unknownKey].map((key) => (typeof key === 'number' ? key : String(key)));
  const [first, ...rest] = path;
  const key = first === undefined ? '' : [keyName(String(first)), ...rest].join('.');
  const where = first === undefined ? '' : `key ${quote(key)}: `;
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_key')
    return `${where}there is no such key`;
  if (issue.code === 'custom' && issue.message !== 'Invalid input') return where + issue.message;
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const [expected, actual] = follow([root], value, path);
  const wanted = describe(expected);
  return `${where}it ${wanted === '' ? 'does not fit' : `must be ${wanted}`}, and is ${quoteJson(actual)}`;
}

/** Of a union, what is wrong within the member that the value means: the one that it fits furthest. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const within = issue.errors
    .map(([first]) => first && innermost(first))
    .reduce((a, b) => ((b?.path.length ?? 0) > (a?.path.length ?? 0) ? b : a), undefined);
  return within ? { ...within, path: [...issue.path, ...within.path] } : issue;
}

/** What schemas take at the end of a path, and what is there. */
function follow(
  schemas: readonly JsonSchema[],
  value: unknown,
  path: readonly Key[],
): [JsonSchema[], unknown] {
  const options = schemas.flatMap(alternatives);
  const [key, ...rest] = path;
  if (key === undefined) return [options, value];
  const fitting = options.filter((option) => hasConstantsOf(option, value, key));
  const inner = (fitting.length > 0 ? fitting : options).flatMap((option) => inside(option, key));
  return follow(inner, (value as Readonly<Record<Key, unknown>> | null | undefined)?.[key], rest);
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner ? inner.flatMap(alternatives) : [schema];
}

function inside(schema: JsonSchema, key: Key): JsonSchema[] {
  const found =
    typeof key === 'number'
      ? (schema.prefixItems?.[key] ?? schema.items)
      : ((Object.hasOwn(schema.properties ?? {}, key) ? schema.properties![key] : undefined) ??
        schema.additionalProperties);
  return found ? [found] : [];
}

/** Whether it is the member of a union that the value means: its constants (but for the key that is looked at) are the value's. */
function hasConstantsOf({ properties = {} }: JsonSchema, value: unknown, but: Key): boolean {
  return Object.entries(properties).every(
    ([key, inner]) =>
      inner.const === undefined ||
      key === but ||
      inner.const === (value as Readonly<Record<string, unknown>> | null | undefined)?.[key],
  );
}

/** "a whole number above 0", "one of "a", "b"", … */
function describe(schemas: readonly JsonSchema[]): string {
  const notNull = schemas.filter(({ type }) => type !== 'null');
  const options = notNull.length > 0 ? notNull : schemas;
  const values = options.flatMap(
    (option) => option.enum ?? (option.const === undefined ? [] : [option.const]),
  );
  const words = options.filter((option) => !option.enum && option.const === undefined).map(describeOne);
  const listed = values.map((one) => quoteJson(one)).join(', ');
  if (values.length > 0) words.unshift(values.length > 1 ? `one of ${listed}` : listed);
  return words.includes('') ? '' : [...new Set(words)].join(' or ');
}

function describeOne(schema: JsonSchema): string {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `a ${schema.type === 'integer' ? 'whole number' : 'number'}${range(schema)}`;
    case 'string':
      return schema.minLength ? 'text that is not empty' : 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${plural(schema.items)}${schema.minItems ? ' that is not empty' : ''}`;
    case 'object':
      return 'an object';
    case 'null':
      return 'null';
    default:
      return '';
  }
}

function plural(items: JsonSchema['items']): string {
  const names: Readonly<Record<string, string>> = {
    integer: 'whole numbers',
    number: 'numbers',
    string: 'texts',
    object: 'objects',
    array: 'lists',
  };
  const name = items && names[items.type ?? ''];
  return name ? ` of ${name}` : '';
}

/** Bounds at which whole numbers end to be exact go without saying. */
function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const bounds = [
    exclusiveMinimum === undefined ? [] : [` above ${exclusiveMinimum}`],
    minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [` of at least ${minimum}`],
    exclusiveMaximum === undefined ? [] : [` below ${exclusiveMaximum}`],
    maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [` of at most ${maximum}`],
  ].flat();
  return bounds.join(' and');
}
