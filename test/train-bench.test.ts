// maria bench train as a process.
import { expect, test } from 'vitest';
import { maria, recordsIn } from './cli-process.js';

const small = [
  'bench',
  'train',
  '--vocabulary',
  '300',
  '--ar-size',
  '32',
  '--mlm-size',
  '16',
  '--tokens',
  '50',
];

test('writes a record', async () => {
  const { status, stdout, stderr } = await maria([
    ...small,
    '--repetitions',
    '1',
    '--warm-up',
    '0',
    '--json',
  ]);
  expect([status, stderr]).toEqual([0, '']);
  const [record] = recordsIn(stdout);
  expect(record).toMatchObject({
    backend: 'ort',
    sizes: { vocabularySize: 300, arHiddenSize: 32, mlmHiddenSize: 16, tokens: 50, chunk: 256 },
    check: { correct: true },
    ms: { step: { min: expect.any(Number) } },
    memory: { head: 4 * 300 * 49, optimizer: 8 * 300 * 49 },
    matmul: { gigaflopsPerSecond: expect.any(Number) },
    machine: { load: expect.any(Number) },
  });
});

test('writes lines, and the machine on standard error', async () => {
  const { status, stdout, stderr } = await maria([...small, '--repetitions', '1', '--warm-up', '0']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^head training, V 300, d 32 \+ 16, 50 masked tokens a step\nstep: .+ ms/);
  expect(stdout).toMatch(/^memory: peak .+, the rest [^,\n]+$/m);
  expect(stderr).toContain('backend ort');
});
