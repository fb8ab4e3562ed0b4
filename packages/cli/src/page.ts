// The pages that the build has put beside the command (write-pages.ts).
import { readFileSync } from 'node:fs';

export function page(name: 'try' | 'replay'): string {
  return readFileSync(new URL(`./${name}.html`, import.meta.url), 'utf8');
}
