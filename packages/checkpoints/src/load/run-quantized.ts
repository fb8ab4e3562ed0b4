// A pair with its large matrices as the caller wants them: as they are stored, or from quantised copies that stay while it runs.
import type { Backend, RunningModel } from '@maria/core';
import { int8Limit } from '@maria/kernels';
import type { Pair } from '../pair/pair.js';
import type { TracedPair } from '../pair/trace-pair.js';
import { waitsForCopy } from '../quantize/acquire-copy.js';
import type { CopyProgress } from '../quantize/make-copy.js';
import { quantizePair } from '../quantize/quantize-weights.js';
import { heldAs, type Quantization } from '../quantize/scheme.js';

export interface RunQuantizedOptions {
  /** @default 'none' */
  readonly quantize?: Quantization | undefined;
  readonly onQuantize?: ((progress: CopyProgress) => void) | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `run` makes of the pair on the backend; disposing of it also lets others remove the copies. @throws as `quantizePair` and `run` do */
export async function runQuantized<M extends RunningModel>(
  backend: Backend,
  pair: TracedPair,
  { quantize = 'none', onQuantize, onNote, signal }: RunQuantizedOptions,
  run: (backend: Backend, pair: TracedPair) => Promise<M>,
): Promise<M> {
  if (quantize === 'none') return run(backend, pair);
  const quantized = await quantizePair(pair, quantize, {
    ...(onQuantize && { onProgress: onQuantize }),
    ...(signal && { signal }),
    ...(onNote && { onNote }),
    ...(quantize === 'int8' && { int8Limit: await int8Limit(backend) }),
    onWait: (label) => onNote?.(waitsForCopy(label)),
  });
  try {
    const model = await run(backend, quantized.pair);
    const { dispose } = model;
    return {
      ...model,
      dispose: () => {
        dispose();
        quantized.release();
      },
    };
  } catch (error) {
    quantized.release();
    throw error;
  }
}

/** Tells of a head that was trained on the hidden states of quantised backbones, where they are held in another way now. */
export function warnOfOtherBackbones(
  { trainedOn }: Pair,
  { quantize = 'none', onWarning }: { quantize?: Quantization; onWarning?: (message: string) => void },
): void {
  if (trainedOn === undefined || trainedOn === quantize) return;
  onWarning?.(
    `The head was trained on models held ${heldAs(trainedOn)}, and they are held ${heldAs(quantize)}: it knows other hidden states.`,
  );
}
