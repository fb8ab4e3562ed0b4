// Writes a value as JSON in parts, which together are what JSON.stringify makes of it.

/** What is written in one go: values, and strings by their length. */
const partWeight = 2 ** 13;

/** The parts of the text of a value of plain lists and objects; one of a small value. */
export function* jsonText(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || weightOf(value) <= partWeight) {
    yield JSON.stringify(value);
    return;
  }
  const isList = Array.isArray(value);
  const fields = isList ? [] : Object.entries(value).filter(([, field]) => field !== undefined);
  const members: readonly unknown[] = isList ? value : fields.map(([, field]) => field);
  const textOf = (start: number, end: number) =>
    JSON.stringify(isList ? value.slice(start, end) : Object.fromEntries(fields.slice(start, end)));
  let before = isList ? '[' : '{';
  for (let start = 0; start < members.length; before = ',') {
    let end = start;
    for (let weight = 0; end < members.length; end++) {
      weight += weightOf(members[end]);
      if (weight > partWeight) break;
    }
    if (end > start) yield before + textOf(start, end).slice(1, -1);
    else {
      yield before + (isList ? '' : `${JSON.stringify(fields[start]![0])}:`);
      yield* jsonText(members[end++]);
    }
    start = end;
  }
  yield isList ? ']' : '}';
}

/** Counts no further than a little beyond what is written in one go. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >> 4);
  if (typeof value !== 'object' || value === null) return 1;
  let weight = 1;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    weight += weightOf(member);
    if (weight > partWeight) break;
  }
  return weight;
}
