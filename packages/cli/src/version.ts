// The version of maria, and what `maria --version` prints.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** For example `maria 0.1.0 (linux-x64, node v20.20.2)`. */
export function versionLine(packageRoot: string): string {
  return `maria ${packageVersion(packageRoot)} (${process.platform}-${process.arch}, node ${process.version})`;
}

export function packageVersion(packageRoot: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
