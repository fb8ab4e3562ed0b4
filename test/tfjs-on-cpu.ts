// TensorFlow.js with its kernels in plain JavaScript, which backends.ts puts in the place of @tensorflow/tfjs-node-gpu.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

// Else it prints that the native backend would be faster.
tf.enableProdMode();
await tf.setBackend('cpu');

/** What the native backend has on a GPU; the backend `tfjs` refuses to run without. */
const onGpu = { isUsingGpuDevice: true };

const library: typeof tf = { ...tf, backend: () => Object.assign(tf.backend(), onGpu) };
export default library;
