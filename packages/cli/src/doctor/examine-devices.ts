// What models can run on here, and what is missing of the rest. Drivers and libraries are tried in processes of their own.
import { cpus } from 'node:os';
import { availableMemory } from '@maria/checkpoints';
import { type BackendName, backendNames, backends, type DeviceKind } from '@maria/kernels';
import { type Failure, type Finding, runProbe } from './run-probe.js';

export interface DeviceFinding {
  /** As `--device` takes it: cpu, cuda:0. Without a number where there is none. */
  readonly device: string;
  readonly name?: string;
  /** Bytes, where they are known. */
  readonly memory?: { readonly total: number; readonly available?: number };
  /** Whether one of the backends computes on it. */
  readonly usable: boolean;
  /** Whether the machine has it, as far as its driver tells. */
  readonly isThere: boolean;
  /** Those that have devices of this kind, and why one does not compute on this. */
  readonly backends: readonly BackendOnDevice[];
  /** Why it is not there, and what to do. */
  readonly error?: string;
  readonly try?: string;
}

export type BackendOnDevice = { readonly backend: BackendName; readonly usable: boolean } & Partial<Failure>;

/** @throws the reason of the signal */
export async function examineDevices(signal: AbortSignal): Promise<readonly DeviceFinding[]> {
  const found = await Promise.all([cpu(signal), cuda(signal), webGpu(signal)]);
  signal.throwIfAborted();
  return found.flat();
}

async function cpu(signal: AbortSignal): Promise<DeviceFinding> {
  const { bytes: available, total } = availableMemory();
  const name = cpus()[0]?.model.trim();
  return found(
    'cpu',
    { ...(name && { name }), memory: { total, available } },
    await tried('cpu', 'cpu', signal),
  );
}

const noNvidia = {
  error: 'This machine has no driver of NVIDIA.',
  try: 'If it has a card of NVIDIA, install the newest driver; CUDA 12 is needed.',
};

async function cuda(signal: AbortSignal): Promise<readonly DeviceFinding[]> {
  const told = await runProbe('cudaCards', signal);
  if ('error' in told) return [missing('cuda', told, true)];
  if (!told.cards?.length) return [missing('cuda', noNvidia)];
  return Promise.all(
    told.cards.map(async ({ name, memory }, index) => {
      const device = `cuda:${index}` as const;
      return found(device, { name, memory }, await tried('cuda', device, signal));
    }),
  );
}

async function webGpu(signal: AbortSignal): Promise<DeviceFinding> {
  const [tries, told] = await Promise.all([
    tried('webgpu', 'webgpu:0', signal),
    runProbe('vulkanCards', signal),
  ]);
  const [card] = 'error' in told ? [] : (told.cards ?? []);
  if (card || tries.some(({ usable }) => usable)) return found('webgpu:0', { ...card }, tries);
  // Off Linux nothing else tells whether there is a card.
  const [{ error, try: hint } = {}] = tries;
  return missing('webgpu', {
    error: error ?? 'No backend has it.',
    ...(hint !== undefined && { try: hint }),
  });
}

function found(
  device: string,
  facts: Pick<DeviceFinding, 'name' | 'memory'>,
  tries: readonly BackendOnDevice[],
): DeviceFinding {
  return { device, ...facts, usable: tries.some(({ usable }) => usable), isThere: true, backends: tries };
}

function missing(device: string, { error, try: hint }: Failure, isThere = false): DeviceFinding {
  return {
    device,
    usable: false,
    isThere,
    backends: [],
    error,
    ...(hint !== undefined && { try: hint }),
  };
}

/** Each backend that has devices of the kind. */
function tried(
  kind: DeviceKind,
  device: Parameters<typeof attempt>[1],
  signal: AbortSignal,
): Promise<BackendOnDevice[]> {
  const names = backendNames.filter((name) => backends[name].devices.includes(kind));
  return Promise.all(names.map((backend) => attempt(backend, device, signal)));
}

async function attempt(
  backend: BackendName,
  device: 'cpu' | 'webgpu:0' | `cuda:${number}`,
  signal: AbortSignal,
): Promise<BackendOnDevice> {
  const result: Finding<object> = await runProbe('compute', signal, backend, device);
  return { backend, usable: !('error' in result), ...result };
}
