// Element types of tensors in programs, and of tensors as checkpoints store them.

/** Element type in a program. Weights are float32 in programs, whatever their storage is. */
export type DType = 'float32' | 'int32' | 'bool';

/** Element type in a checkpoint file. Backends convert to float32 when they load. */
export type StorageDType = 'float32' | 'float16' | 'bfloat16';

/** Element type in which a state is held between runs. In a program it is float32, whatever its storage is. */
export type StateStorage = 'float32' | 'float16' | 'bfloat16';

export const storageBytes: Record<StorageDType, number> = { float32: 4, float16: 2, bfloat16: 2 };

/** Element type of a quantised matrix, an integer that a scale multiplies: int4 in blocks, int8 with a scale for each output. */
export type QuantizedDType = 'int4' | 'int8';
