// The line about the machine.
import { expect, test } from 'vitest';
import { describeMachine, formatMachine } from './machine.js';

const machine = { cpu: 'Some CPU', cpus: 4, memoryGiB: 16, load: 0.5, node: 'v20.0.0' };

test('tells what there is, and when others use it', () => {
  const line = 'Some CPU, 4 CPUs, 16 GiB, load 0.5, Node v20.0.0';
  expect(formatMachine(machine)).toBe(line);
  expect(formatMachine({ ...machine, cpus: 1, load: 0.2 })).toContain(', 1 CPU,');
  expect(formatMachine({ ...machine, load: 3 })).toMatch(/^Some CPU.*, load 3, .* \(busy: /);
});

test('describes this one', () => {
  expect(describeMachine()).toEqual({
    cpu: expect.stringMatching(/./),
    cpus: expect.any(Number),
    memoryGiB: expect.any(Number),
    load: expect.any(Number),
    node: process.version,
  });
});
