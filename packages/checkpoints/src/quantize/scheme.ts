// How weights may be quantised. Importing it loads no other file.
import type { QuantizedDType } from '@maria/core';

export const schemes = ['int4', 'int8'] as const satisfies readonly QuantizedDType[];
/** `none` keeps weights as the checkpoint stores them. */
export const quantizations = ['none', ...schemes] as const;
export type Quantization = (typeof quantizations)[number];

/** How models are held, in words. */
export function heldAs(quantization: Quantization): string {
  return quantization === 'none' ? 'as they are stored' : `as ${quantization}`;
}

/** Of each scheme: changes whenever the same weights would give other bytes, or other files. */
export const schemeVersions = { int4: 1, int8: 2 } as const satisfies Readonly<
  Record<QuantizedDType, number>
>;
