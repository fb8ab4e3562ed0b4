// What is told beside the version.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { versionDetails } from './version-details.js';

const folder = mkdtempSync(join(tmpdir(), 'maria-version-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('each library is told, whether it is installed or not, and what the processor can', () => {
  const library = join(folder, 'node_modules/koffi');
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, 'package.json'), '{"version":"9.8.7","exports":{}}');
  const processor = join(folder, 'cpuinfo');
  writeFileSync(processor, 'model\t: 1\nflags\t\t: fpu avx2 vmx amx_int8\nflags\t\t: fpu\n');
  const lines = versionDetails(folder, processor);
  expect(lines).toContain('koffi 9.8.7');
  expect(lines).toContain('onnxruntime-node not installed');
  expect(lines).toContain(`V8 ${process.versions.v8}`);
  expect(lines.at(-1)).toBe('features avx2 amx_int8');
  expect(versionDetails(folder, join(folder, 'none')).at(-1)).toMatch(/^processor \d+ × /);
});
