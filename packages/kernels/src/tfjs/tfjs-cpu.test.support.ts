// For tests: the backend tfjs on TensorFlow.js's own kernels in plain JavaScript, which need no GPU.
import type { Backend } from '@maria/core';
import type { Tfjs } from './library.js';
import { tfjsBackend } from './tfjs-backend.js';

export async function loadTfjsOnCpu(): Promise<Tfjs> {
  const [tf] = await Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-backend-cpu')]);
  // Else it prints that the native backend would be faster.
  tf.enableProdMode();
  await tf.setBackend('cpu');
  return tf;
}

export function tfjsOnCpu(): Backend {
  return tfjsBackend({ load: loadTfjsOnCpu });
}
