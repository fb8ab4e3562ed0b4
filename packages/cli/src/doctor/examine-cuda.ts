// Whether CUDA can be used, and if not, the one line that changes it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { input, MariaError, ops, trace, weightsInMemory } from '@maria/core';
import { cudaInstallCommand, type Device, ortBackend } from '@maria/kernels';
import { tryNext } from '../try-next.js';

export interface CudaFinding {
  /** `no-library`: the package was installed without the part for CUDA. `no-driver`: the machine has no NVIDIA driver. */
  readonly state: 'works' | 'fails' | 'no-library' | 'no-driver' | 'not-on-this-platform';
  readonly detail?: string;
  readonly try?: string;
}

const providerLibrary: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll',
};

/** @param runtime the library that was loaded */
export async function examineCuda(runtime: {
  readonly library: string;
  readonly devices: readonly Device[];
}): Promise<CudaFinding> {
  const name = providerLibrary[process.platform];
  if (name === undefined || process.arch !== 'x64') return { state: 'not-on-this-platform' };
  if (!runtime.devices.includes('cuda') || !existsSync(join(dirname(runtime.library), name)))
    return { state: 'no-library', try: cudaInstallCommand() };
  if (!hasDriver())
    return { state: 'no-driver', try: 'Install the driver of the graphics card, or go on without CUDA.' };
  try {
    await runOnCuda();
    return { state: 'works' };
  } catch (error) {
    if (!(error instanceof MariaError)) throw error;
    const hint = tryNext(error);
    return { state: 'fails', detail: error.message, ...(hint !== undefined && { try: hint }) };
  }
}

/** Linux tells; elsewhere the library will. */
function hasDriver(): boolean {
  return (
    process.platform !== 'linux' ||
    ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some(existsSync)
  );
}

/** A sum on the device. @throws MariaError when it cannot be computed */
async function runOnCuda(): Promise<void> {
  const x = input('x', [2]);
  const executable = await ortBackend({ device: 'cuda' }).compile(
    trace({ y: ops.add(x, x) }),
    weightsInMemory({}),
  );
  try {
    await executable.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
  } finally {
    executable.dispose();
  }
}
