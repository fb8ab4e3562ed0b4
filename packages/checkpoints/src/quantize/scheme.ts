// How weights may be quantised. Importing it loads no other file.
import type { QuantizedDType } from '@maria/core';

export const schemes = ['int4', 'int8'] as const satisfies readonly QuantizedDType[];
/** `none` keeps weights as the checkpoint stores them. */
export const quantizations = ['none', ...schemes] as const;
export type Quantization = (typeof quantizations)[number];

/** Of each scheme: changes whenever the same weights would give other bytes, or other files. */
export const schemeVersions = { int4: 1, int8: 2 } as const satisfies Readonly<
  Record<QuantizedDType, number>
>;
