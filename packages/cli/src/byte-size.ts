// Sizes on the command line: 500MB, 2GiB; a bare number is bytes.
const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes. @throws Error as oclif's own parsers do */
export function parseByteSize(input: string): number {
  const [, value = '', unit = ''] = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/i.exec(input.trim()) ?? [];
  const scale = unitBytes[unit.toLowerCase()];
  const bytes = value === '' || scale === undefined ? Number.NaN : Math.round(Number(value) * scale);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new Error(`it must be a size such as 500MB or 2GiB, and is ${input}`);
}
