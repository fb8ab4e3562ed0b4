// Values between the host's arrays and tensors of TensorFlow.js.
import type { DType, Value } from '@maria/core';
import type { Tfjs, TfTensor } from './library.js';

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** A copy: TensorFlow.js keeps the array that it is given, and may read it much later. */
export function upload(tf: Tfjs, { dtype, shape, data }: Value): TfTensor {
  return tf.tensor(new arrays[dtype](data), [...shape], dtype);
}

export async function download(tensor: TfTensor, dtype: DType): Promise<Value> {
  const data = await tensor.data();
  const ArrayType = arrays[dtype];
  return { dtype, shape: tensor.shape, data: data instanceof ArrayType ? data : new ArrayType(data) };
}
