// Reads JSON that strangers wrote: nested so far only that whatever walks through it later has room to.

/** Far above what configurations, tokenizers and records have. */
const mostLevels = 100;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** @throws SyntaxError for what is no JSON, and for lists and objects within one another beyond 100 levels */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeperThan(value, mostLevels)) throw new SyntaxError(`it is nested deeper than ${mostLevels} levels`);
  return value;
}
