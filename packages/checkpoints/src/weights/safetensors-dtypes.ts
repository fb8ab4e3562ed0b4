// The element types that the safetensors format names, and which of them maria reads as weights.
import type { StorageDType } from '@maria/core';

/** Bits of one element. Types below eight bits are packed. */
export const safetensorsBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDType = keyof typeof safetensorsBits;

export function isSafetensorsDType(name: string): name is SafetensorsDType {
  return Object.hasOwn(safetensorsBits, name);
}

/** How a stored type is used as a weight; undefined where it is not. */
export function storageDTypeOf(dtype: SafetensorsDType): StorageDType | undefined {
  if (dtype === 'F32') return 'float32';
  if (dtype === 'F16') return 'float16';
  if (dtype === 'BF16') return 'bfloat16';
  return undefined;
}
