// Files for the tests of this folder: safetensors built byte by byte, and a folder that goes away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for one test file, removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'maria-weights-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of a safetensors file: any header text, any claimed length, any data. */
export function rawSafetensors(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(),
  claimed?: bigint,
): Uint8Array {
  const body = typeof header === 'string' ? Buffer.from(header) : header;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(claimed ?? BigInt(body.length));
  return Buffer.concat([prefix, body, data]);
}

export function writeRaw(folder: string, name: string, ...parts: Parameters<typeof rawSafetensors>): string {
  const file = join(folder, name);
  writeFileSync(file, rawSafetensors(...parts));
  return file;
}
