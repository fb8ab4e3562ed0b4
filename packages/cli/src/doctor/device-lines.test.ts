// Lines of maria devices: what works, what is there and does not work, what is not there.
import { expect, it } from 'vitest';
import { deviceLines } from './device-lines.js';
import type { DeviceFinding } from './examine-devices.js';

const GiB = 2 ** 30;
const card: DeviceFinding = {
  device: 'cuda:0',
  name: 'NVIDIA H200',
  memory: { total: 141 * GiB, available: 140 * GiB },
  usable: true,
  isThere: true,
  backends: [
    { backend: 'ort', usable: true },
    { backend: 'tfjs', usable: false, error: 'It is not installed.', try: 'npm install it' },
  ],
};

it('tells name, memory and who computes there, and beside it who does not', () => {
  expect(deviceLines(card)).toEqual([
    { name: 'cuda:0', mark: 'ok', text: 'NVIDIA H200; 140 GiB of 141 GiB available; with ort' },
    { name: 'cuda:0', mark: 'fact', text: 'tfjs: It is not installed.', hint: 'npm install it' },
  ]);
});

it('notes a card that nothing computes on', () => {
  const backends = [{ backend: 'ort', usable: false, error: 'No library.', try: 'node install.js' }] as const;
  expect(deviceLines({ ...card, usable: false, memory: { total: 141 * GiB }, backends })).toEqual([
    { name: 'cuda:0', mark: 'note', text: 'NVIDIA H200; 141 GiB; cannot be used' },
    { name: 'cuda:0', mark: 'note', text: 'ort: No library.', hint: 'node install.js' },
  ]);
});

it('takes what is not there for a fact: nobody needs it', () => {
  const none = { device: 'cuda', usable: false, isThere: false, backends: [] };
  expect(
    deviceLines({ ...none, error: 'This machine has no driver of NVIDIA.', try: 'Install it.' }),
  ).toEqual([
    { name: 'cuda', mark: 'fact', text: 'This machine has no driver of NVIDIA.', hint: 'Install it.' },
  ]);
});
