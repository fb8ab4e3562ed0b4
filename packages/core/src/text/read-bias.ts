// A bias as it is written on a line.

/** `very:-2`. The text may have colons itself. Undefined for what is none. */
export function readBias(given: string): readonly [text: string, by: number] | undefined {
  const [, text, number] = /^(.+):([-+]?[\d.]+)$/s.exec(given) ?? [];
  const by = Number(number);
  return text === undefined || !Number.isFinite(by) ? undefined : [text, by];
}
