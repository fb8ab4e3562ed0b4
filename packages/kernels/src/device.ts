// The devices that models can run on, and their names. Importing it loads no other file: help of the command line reads it.

export const deviceKinds = ['cpu', 'cuda', 'webgpu'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export interface Device {
  readonly kind: DeviceKind;
  /** Which one of its kind, from 0. There is one CPU. */
  readonly index: number;
}

/** `auto` is the one that a backend has for every machine: the CPU, where it has that. */
export type DeviceChoice = 'auto' | DeviceKind | `${Exclude<DeviceKind, 'cpu'>}:${number}`;

/** As people write them. */
export const deviceForms: readonly string[] = ['auto', 'cpu', 'cuda[:N]', 'webgpu[:N]'];

/** What devices other than the CPU can compute in, and hold weights and KV caches in. */
export const deviceDTypes = ['float32', 'float16', 'bfloat16'] as const;
export type DeviceDType = (typeof deviceDTypes)[number];

/** Those of each. */
export const dtypesOf: Readonly<Record<DeviceKind, readonly DeviceDType[]>> = {
  cpu: ['float32'],
  cuda: deviceDTypes,
  webgpu: ['float32', 'float16'],
};

export const theCpu: Device = { kind: 'cpu', index: 0 };

/** The device that a name stands for, `auto`, or undefined where it stands for none. */
export function parseDevice(name: string): Device | 'auto' | undefined {
  if (name === 'auto') return name;
  const [, word, index] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(name) ?? [];
  const kind = deviceKinds.find((known) => known === word);
  if (kind === undefined || (kind === 'cpu' && index !== undefined)) return undefined;
  return { kind, index: Number(index ?? 0) };
}

/** One name for each device: `cpu`, `cuda:0`. */
export function deviceName({ kind, index }: Device): Exclude<DeviceChoice, 'auto'> {
  return kind === 'cpu' ? kind : `${kind}:${index}`;
}
