// What a person asks of a gap on the page, and the fields of a record that say so.

export const kinds = {
  anything: { label: 'anything', hint: undefined },
  choices: { label: 'one of', hint: 'texts, with commas between them' },
  regex: { label: 'matches', hint: 'a regular expression' },
  words: { label: 'words', hint: 'a number, such as 2 or 1-3' },
  characters: { label: 'characters', hint: 'a number, such as 5 or 5-9' },
  schema: { label: 'JSON', hint: 'a JSON Schema' },
} as const;

export interface AskedOfGap {
  readonly min: string;
  readonly max: string;
  readonly kind: keyof typeof kinds;
  readonly value: string;
  readonly letters: '' | 'lower' | 'upper' | 'title';
  readonly ban: string;
}

export const nothingAsked: AskedOfGap = {
  min: '',
  max: '',
  kind: 'anything',
  value: '',
  letters: '',
  ban: '',
};

/** As `gaps` of a record has it. @throws SyntaxError for a schema that is not JSON */
export function fieldsOf({ min, max, kind, value, letters, ban }: AskedOfGap): Record<string, unknown> {
  return {
    ...(min !== '' && { min: Number(min) }),
    ...(max !== '' && { max: Number(max) }),
    ...(kind !== 'anything' && value !== '' && { [kind]: readValue(kind, value) }),
    ...(letters !== '' && { case: letters }),
    ...(ban !== '' && { ban: listOf(ban) }),
  };
}

function readValue(kind: AskedOfGap['kind'], value: string): unknown {
  if (kind === 'choices') return listOf(value);
  return kind === 'schema' ? JSON.parse(value) : value;
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
