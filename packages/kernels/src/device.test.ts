// Names of devices, read and written.
import { expect, it } from 'vitest';
import { deviceName, parseDevice } from './device.js';

it.each([
  ['cpu', 'cpu'],
  ['cuda', 'cuda:0'],
  ['cuda:0', 'cuda:0'],
  ['cuda:12', 'cuda:12'],
  ['webgpu', 'webgpu:0'],
])('reads %s as %s', (name, canonical) => {
  const device = parseDevice(name);
  expect(device).not.toBe('auto');
  expect(deviceName(device as Exclude<typeof device, 'auto' | undefined>)).toBe(canonical);
});

it('leaves auto to the backend, and knows no others', () => {
  expect(parseDevice('auto')).toBe('auto');
  for (const name of [
    '',
    'gpu',
    'cpu:0',
    'cpu:1',
    'cuda:',
    'cuda:-1',
    'cuda:x',
    'CUDA',
    'cuda:0:1',
    'toString',
  ])
    expect(parseDevice(name)).toBeUndefined();
});
