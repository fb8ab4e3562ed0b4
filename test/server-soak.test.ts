// Many clients at once, some of which go away, read slowly or send rubbish: nothing is lost, mixed up or held.
// tools/serve/soak.mjs does it, here with few requests.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { outcomeOf, recordsIn } from './cli-process.js';

const script = fileURLToPath(new URL('../tools/serve/soak.mjs', import.meta.url));

test('every answer is that of the command for its seed, and all lanes are free at the end', async () => {
  const args = [script, '--clients', '24', '--requests', '120', '--batch', '8'];
  const { status, stdout, stderr } = await outcomeOf(spawn(process.execPath, args));
  expect(stderr).toBe('');
  const [told] = recordsIn(stdout);
  expect(told).toMatchObject({
    wrong: [],
    answered: 3 * 120 - 12 - 12 - 6,
    streamed: 12,
    abandoned: 12,
    refused: 6,
    lanes: { all: 8, taken: 0 },
    status: 0,
    stderr: '',
  });
  expect(status).toBe(0);
});
