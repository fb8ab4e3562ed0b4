// A JSON Schema as a regular expression of the JSON texts that fit it: the part of it that needs no memory. The rest is refused by name.
import { UsageError } from '../errors.js';
import { isJsonObject } from '../json.js';

type Schema = Readonly<Record<string, unknown>>;

/** They say nothing about the value. */
const annotations = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
];

const character = String.raw`(?:[^"\\\u{0}-\u{1f}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))`;
/** As many digits as a number of JavaScript has for sure. */
const digitsAfter = '[0-9]{0,14}';
const integer = `-?(?:0|[1-9]${digitsAfter})`;
const digits = (from: number, to: number) =>
  `(?:${range(from, to)
    .map((n) => String(n).padStart(2, '0'))
    .join('|')})`;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const date = `[0-9]{4}-(?:${digits(1, 12)}-${digits(1, 28)}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)`;
const time = `${digits(0, 23)}:[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?(?:Z|[+-]${digits(0, 23)}:[0-5][0-9])`;
const hex = (count: number) => `[0-9a-fA-F]{${count}}`;

const formats: Readonly<Record<string, string>> = {
  date,
  time,
  'date-time': `${date}T${time}`,
  uuid: `${hex(8)}-${hex(4)}-[1-8]${hex(3)}-[89abAB]${hex(3)}-${hex(12)}`,
};

/** Whole numbers between bounds are listed. */
const mostListed = 10_000;

/** @throws UsageError `schema-invalid` with the place of what is no schema, or cannot be followed */
export function schemaPattern(schema: unknown, of: string): string {
  return new Translation(schema, of).pattern();
}

class Translation {
  readonly #root: unknown;
  readonly #of: string;
  /** References that are being followed. */
  readonly #following = new Set<string>();
  #length = 0;

  constructor(root: unknown, of: string) {
    this.#root = root;
    this.#of = of;
  }

  pattern(): string {
    return this.#valueOf(this.#root, '#');
  }

  #refuse(at: string, fact: string): UsageError {
    return new UsageError(
      'schema-invalid',
      `Cannot constrain ${this.#of}: its JSON Schema ${fact} (at ${at}).`,
      {
        try: 'Say what the value is: objects with properties, lists, strings, numbers, booleans, null, enum, const, anyOf, and $ref without circles.',
      },
    );
  }

  #valueOf(schema: unknown, at: string): string {
    if (at.split('/').length > 100) throw this.#refuse('#', 'is too deep');
    if (
      typeof schema === 'boolean' ||
      (isJsonObject(schema) && Object.keys(schema).every((key) => annotations.includes(key)))
    )
      throw this.#refuse(at, schema === false ? 'takes no value' : 'takes any value, which has no end');
    if (!isJsonObject(schema))
      throw this.#refuse(at, `is ${JSON.stringify(schema)?.slice(0, 80)}, which is none`);
    const pattern = this.#oneOf(schema, at);
    this.#length += pattern.length;
    if (this.#length > 2 ** 22) throw this.#refuse('#', 'is too large');
    return pattern;
  }

  #oneOf(schema: Schema, at: string): string {
    const { $ref, anyOf, enum: values, type } = schema;
    if ('const' in schema) {
      this.#only(schema, ['const', 'type'], at);
      return literal(schema.const);
    }
    if (values !== undefined) {
      this.#only(schema, ['enum', 'type'], at);
      if (!Array.isArray(values) || values.length === 0)
        throw this.#refuse(`${at}/enum`, 'has an enum that is no list of values');
      return alternatives(values.map(literal));
    }
    if ($ref !== undefined) {
      this.#only(schema, ['$ref'], at);
      return this.#referenced($ref, at);
    }
    if (anyOf !== undefined) {
      this.#only(schema, ['anyOf'], at);
      if (!Array.isArray(anyOf) || anyOf.length === 0)
        throw this.#refuse(`${at}/anyOf`, 'has an anyOf that is no list of schemas');
      return alternatives(anyOf.map((one, i) => this.#valueOf(one, `${at}/anyOf/${i}`)));
    }
    if (Array.isArray(type) && type.length > 0)
      return alternatives(type.map((one) => this.#typed({ ...schema, type: one }, at)));
    return this.#typed(schema, at);
  }

  #referenced(reference: unknown, at: string): string {
    const [, section, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(reference)) ?? [];
    const sections = isJsonObject(this.#root) && section !== undefined ? this.#root[section] : undefined;
    if (name === undefined || !isJsonObject(sections) || !Object.hasOwn(sections, name))
      throw this.#refuse(at, `refers to ${JSON.stringify(reference)}, which is not among its definitions`);
    const place = `#/${section}/${name}`;
    if (this.#following.has(place)) throw this.#refuse(place, 'goes in circles');
    this.#following.add(place);
    const pattern = this.#valueOf(sections[name], place);
    this.#following.delete(place);
    return pattern;
  }

  #typed(schema: Schema, at: string): string {
    const { type } = schema;
    switch (type) {
      case 'null':
        this.#only(schema, ['type'], at);
        return 'null';
      case 'boolean':
        this.#only(schema, ['type'], at);
        return '(?:true|false)';
      case 'integer':
        this.#only(schema, ['type', 'minimum', 'maximum'], at);
        return this.#integer(schema, at);
      case 'number':
        this.#only(schema, ['type'], at);
        return `${integer}(?:\\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?`;
      case 'string':
        return this.#string(schema, at);
      case 'array':
        return this.#array(schema, at);
      case 'object':
        return this.#object(schema, at);
      default:
        throw this.#refuse(
          at,
          type === undefined
            ? 'has no type'
            : `has the type ${JSON.stringify(type)}, and there is none of this name`,
        );
    }
  }

  #only(schema: Schema, known: readonly string[], at: string): void {
    const other = Object.keys(schema).find((key) => !known.includes(key) && !annotations.includes(key));
    if (other !== undefined)
      throw this.#refuse(at, `asks for ${JSON.stringify(other)}, which cannot be followed here`);
  }

  #count(schema: Schema, name: string, missing: number, at: string): number {
    const value = schema[name] ?? missing;
    if ((Number.isSafeInteger(value) && Number(value) >= 0) || value === missing) return Number(value);
    throw this.#refuse(at, `has ${name} ${JSON.stringify(value)}, which is no whole number from 0`);
  }

  /** As the counts of a repetition. */
  #counts(
    schema: Schema,
    [least, most]: readonly [string, string],
    at: string,
  ): { min: number; max: number } {
    const min = this.#count(schema, least, 0, at);
    const max = this.#count(schema, most, Number.POSITIVE_INFINITY, at);
    if (min > max) throw this.#refuse(at, `has ${least} ${min} above ${most} ${max}`);
    return { min, max };
  }

  #integer({ minimum, maximum }: Schema, at: string): string {
    if (minimum === undefined && maximum === undefined) return integer;
    if (minimum === 0 && maximum === undefined) return `(?:0|[1-9]${digitsAfter})`;
    if (minimum === 1 && maximum === undefined) return `[1-9]${digitsAfter}`;
    const [from, to] = [Math.ceil(Number(minimum)), Math.floor(Number(maximum))];
    if (!(to - from < mostListed))
      throw this.#refuse(
        at,
        `has whole numbers without two bounds, or with more than ${mostListed} between them`,
      );
    if (from > to) throw this.#refuse(at, `has minimum ${minimum} above maximum ${maximum}`);
    return alternatives(range(from, to).map(String));
  }

  #string(schema: Schema, at: string): string {
    if (schema.pattern !== undefined) {
      this.#only(schema, ['type', 'pattern'], at);
      // Elsewhere in the text it would have to match a part only, and quotes and backslashes would have to be written otherwise.
      const [, inner] = /^\^([^"\\]*)\$$/s.exec(String(schema.pattern)) ?? [];
      if (inner === undefined || /[.]|\[\^/.test(inner))
        throw this.#refuse(
          at,
          'has a pattern that is not of the form ^…$, or has ., [^…], quotes or backslashes',
        );
      return `"(?:${inner})"`;
    }
    if (schema.format !== undefined) {
      this.#only(schema, ['type', 'format'], at);
      const format = formats[String(schema.format)];
      if (format === undefined || !Object.hasOwn(formats, String(schema.format)))
        throw this.#refuse(
          at,
          `has the format ${JSON.stringify(schema.format)}, which cannot be followed here`,
        );
      return `"${format}"`;
    }
    this.#only(schema, ['type', 'minLength', 'maxLength'], at);
    return `"${character}${times(this.#counts(schema, ['minLength', 'maxLength'], at))}"`;
  }

  #array(schema: Schema, at: string): string {
    this.#only(schema, ['type', 'items', 'minItems', 'maxItems'], at);
    const { min, max } = this.#counts(schema, ['minItems', 'maxItems'], at);
    if (max === 0) return '\\[\\]';
    const item = this.#valueOf(schema.items, `${at}/items`);
    const more = times({ min: Math.max(0, min - 1), max: max - 1 });
    const items = `(?:${item})(?:, ?(?:${item}))${more}`;
    return `\\[${min === 0 ? `(?:${items})?` : items}\\]`;
  }

  /** Properties stand in the order of the schema; none are added. */
  #object(schema: Schema, at: string): string {
    this.#only(schema, ['type', 'properties', 'required', 'additionalProperties'], at);
    const { properties = {}, required = [], additionalProperties = true } = schema;
    if (!isJsonObject(properties))
      throw this.#refuse(`${at}/properties`, 'has properties that are no object');
    if (typeof additionalProperties !== 'boolean')
      throw this.#refuse(at, 'asks for "additionalProperties", which cannot be followed here');
    const names = Object.keys(properties);
    if (!Array.isArray(required) || !required.every((name) => names.includes(name)))
      throw this.#refuse(`${at}/required`, 'requires what is not among its properties');
    const members = names.map((name) => ({
      isRequired: required.includes(name),
      pattern: `${literal(name)}: ?(?:${this.#valueOf(properties[name], `${at}/properties/${name}`)})`,
    }));
    const mustHave = members.findIndex(({ isRequired }) => isRequired);
    // The first one that is there, and those after it.
    const starts = members.slice(0, mustHave < 0 ? members.length : mustHave + 1).map(({ pattern }, i) => {
      const others = members.slice(i + 1);
      return (
        pattern + others.map((other) => `(?:, ?${other.pattern})${other.isRequired ? '' : '?'}`).join('')
      );
    });
    if (starts.length === 0) return '\\{\\}';
    return `\\{${alternatives(starts)}${mustHave < 0 ? '?' : ''}\\}`;
  }
}

function alternatives(patterns: readonly string[]): string {
  return `(?:${patterns.join('|')})`;
}

function times({ min, max }: { min: number; max: number }): string {
  return `{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}`;
}

/** JSON of one value, as it stands. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
