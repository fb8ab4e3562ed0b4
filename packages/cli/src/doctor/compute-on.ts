// Whether a backend computes on a device: a sum is enough to load its libraries, find its driver and reach its memory.
import { input, ops, trace, weightsInMemory } from '@maria/core';
import { type BackendName, chooseBackend, type DeviceChoice } from '@maria/kernels';

/** @throws MariaError when it cannot be computed */
export async function computeOn(backend: BackendName, device: DeviceChoice): Promise<object> {
  const x = input('x', [2]);
  const chosen = await chooseBackend({ backend, device });
  const executable = await chosen.compile(trace({ y: ops.add(x, x) }), weightsInMemory({}));
  try {
    const { y } = await executable.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
    if (y!.data[0] !== 2 || y!.data[1] !== 4) throw new Error(`The sum of 1 and 1 is ${y!.data[0]} there.`);
    return {};
  } finally {
    executable.dispose();
  }
}
