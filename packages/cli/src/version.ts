// What `maria --version` prints.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** For example `maria 0.1.0 (linux-x64, node v20.20.2)`. */
export function versionLine(packageRoot: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  return `maria ${version} (${process.platform}-${process.arch}, node ${process.version})`;
}
