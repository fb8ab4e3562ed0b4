// How weights may be quantised. Importing it loads no other file.
import type { QuantizedDType } from '@maria/core';

export const schemes = ['int4', 'int8'] as const satisfies readonly QuantizedDType[];
/** `none` keeps weights as the checkpoint stores them. */
export const quantizations = ['none', ...schemes] as const;
export type Quantization = (typeof quantizations)[number];

/** Changes whenever the same weights would give other bytes, or other files. */
export const schemeVersion = 1;
