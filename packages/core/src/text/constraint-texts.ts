// What is asked of a gap as a line for each field, as flags have it: `red,dark green` for choices, `very:-2` for a bias; or as JSON.
import { parseJson } from '../json.js';
import { constraintFields, type GapConstraint, invalid, readConstraint } from './constraint.js';
import { readBias } from './read-bias.js';

/** A field that is left out, or is blank, asks nothing. */
export type ConstraintTexts = Readonly<Partial<Record<keyof GapConstraint, string>>>;

/** @throws UsageError `constraint-invalid` with the field; `of` says whose constraint it is */
export function constraintOfTexts(texts: ConstraintTexts, of: string): GapConstraint {
  const written = constraintFields.filter((name) => (texts[name] ?? '').trim() !== '');
  return readConstraint(
    Object.fromEntries(written.map((name) => [name, readField(name, texts[name]!, of)])),
    of,
  );
}

function readField(name: keyof GapConstraint, text: string, of: string): unknown {
  const trimmed = text.trim();
  switch (name) {
    case 'choices':
    case 'ban':
      return trimmed.startsWith('[') ? jsonOf(name, trimmed, of) : listOf(trimmed);
    case 'schema':
      return jsonOf(name, trimmed, of);
    case 'bias':
      if (/^[[{]/.test(trimmed)) return jsonOf(name, trimmed, of);
      return listOf(trimmed).map((one) => {
        const bias = readBias(one);
        if (bias === undefined)
          throw invalid(of, `key "bias": ${JSON.stringify(one)} is not a text, a colon and a number`);
        return bias;
      });
    // Spaces may be what it asks for.
    case 'regex':
      return text;
    default:
      return trimmed;
  }
}

/** With commas between them; `\,` is a comma. */
function listOf(text: string): string[] {
  return text.split(/(?<!\\),/).map((one) => one.trim().replaceAll('\\,', ','));
}

function jsonOf(name: string, text: string, of: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalid(of, `key "${name}" is not JSON (${(error as Error).message.slice(0, 160)})`);
  }
}

/** The same the other way: `constraintOfTexts` reads what was asked. */
export function textsOfConstraint(asked: GapConstraint): ConstraintTexts {
  return Object.fromEntries(
    constraintFields
      .filter((name) => asked[name] !== undefined)
      .map((name) => [name, textOf(name, asked[name])]),
  );
}

function textOf(name: keyof GapConstraint, value: unknown): string {
  if (name === 'schema') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  const isPlain = (one: unknown) => typeof one === 'string' && one === one.trim() && !/[,\\]|^\[/.test(one);
  if (name !== 'bias' && Array.isArray(value) && value.every(isPlain)) return value.join(',');
  return JSON.stringify(value);
}
