// Which models are the same to a server: those that give the same texts.
import { expect, it } from 'vitest';
import { identityOf } from './identity.js';

type Flags = Parameters<typeof identityOf>[0];

const flags: Flags = {
  json: undefined,
  model: undefined,
  ar: undefined,
  mlm: undefined,
  backend: 'auto',
  device: 'auto',
  dtype: 'float32',
  'gpu-memory': undefined,
  tf32: false,
  threads: undefined,
  quantize: 'none',
  context: undefined,
  'kv-cache': undefined,
  'ar-prefix': undefined,
  'mlm-template': undefined,
};
const identity = (changes: Partial<Flags> = {}) => identityOf({ ...flags, ...changes }, '1.0.0');

it('is of the device, under whatever name that was given, and of what it computes in', () => {
  expect(identity({ device: 'cpu' })).toBe(identity());
  expect(identity({ threads: 3, 'gpu-memory': 1e9 })).toBe(identity());
  const onCard = identity({ device: 'cuda:0' });
  const others: Partial<Flags>[] = [
    {},
    { device: 'cuda:1' },
    { device: 'webgpu:0' },
    { device: 'cuda:0', dtype: 'float16' },
    { device: 'cuda:0', tf32: true },
  ];
  expect(new Set([onCard, ...others.map(identity)]).size).toBe(others.length + 1);
  expect(identity({ backend: 'tfjs', device: 'auto' })).toBe(identity({ backend: 'tfjs', device: 'cuda:0' }));
});
