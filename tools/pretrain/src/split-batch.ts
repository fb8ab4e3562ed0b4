// Cuts a batch into parts of some windows each, so that the memory of a step does not grow with the batch.
import { type Inputs, int32 } from '@maria/core';

/** Parts of at most `windowsAtOnce` windows. What is masked goes with its window. */
export function splitBatch(batch: Inputs, windowsAtOnce: number): Inputs[] {
  const [windows, length] = batch.ids!.shape as [number, number];
  const positions = batch.positions?.data as Int32Array | undefined;
  const targets = batch.targets!.data as Int32Array;
  const parts: Inputs[] = [];
  for (let start = 0; start < windows; start += windowsAtOnce) {
    const end = Math.min(windows, start + windowsAtOnce);
    const ids = int32((batch.ids!.data as Int32Array).subarray(start * length, end * length), [
      end - start,
      length,
    ]);
    if (!positions) {
      parts.push({ ids, targets: int32(targets.subarray(start * length, end * length)) });
      continue;
    }
    // Positions ascend.
    const first = positions.findIndex((position) => position >= start * length);
    const after = positions.findIndex((position) => position >= end * length);
    const range = [first, after < 0 ? positions.length : after] as const;
    parts.push({
      ids,
      positions: int32(positions.subarray(...range).map((position) => position - start * length)),
      targets: int32(targets.subarray(...range)),
    });
  }
  return parts;
}
