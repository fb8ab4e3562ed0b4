// Reads the licence from a model card: the `license` of the YAML block that opens README.md.

const longestBlock = 1_000_000;

/** For example "apache-2.0"; several are joined with ", ". undefined where the card names none. */
export function licenceOfCard(readme: string): string | undefined {
  const block = /^\uFEFF?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$/ms.exec(readme.slice(0, longestBlock))?.[1];
  if (block === undefined) return undefined;
  const licence = fieldOf(block, 'license');
  // "other" says nothing; the card then has the name apart.
  return licence === 'other' ? (fieldOf(block, 'license_name') ?? licence) : licence;
}

/** The value of a key at the top of a YAML block: a plain or quoted word, or a list of them. */
function fieldOf(block: string, key: string): string | undefined {
  const lines = block.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (at < 0) return undefined;
  const value = plain(lines[at]!.slice(key.length + 1));
  if (value.startsWith('[')) return joined(value.replace(/^\[|\]$/g, '').split(','));
  if (value !== '') return value;
  const items: string[] = [];
  for (const line of lines.slice(at + 1)) {
    const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
    if (item === undefined) break;
    items.push(item);
  }
  return joined(items);
}

function joined(values: readonly string[]): string | undefined {
  return values.map(plain).filter(Boolean).join(', ') || undefined;
}

/** Without quotes, comments and space around it. */
function plain(text: string): string {
  return text
    .replace(/(?:^|\s)#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
}
