// A worker thread that quantises the tensors it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { MariaError } from '@maria/core';
import { runTensorTask, type TensorResult, type TensorTask } from './tensor-task.js';

interface WorkerRequest {
  readonly task: TensorTask;
  /** Descriptors belong to the process, so that of the main thread is good here too. */
  readonly target: number;
}

/** Errors lose their class between threads: the facts of expected ones are sent instead. */
export type WorkerReply =
  | TensorResult
  | {
      readonly error: { readonly code: string; readonly message: string; readonly errno: number | undefined };
    };

function reply({ task, target }: WorkerRequest): WorkerReply {
  try {
    return runTensorTask(task, target);
  } catch (error) {
    const { code, message, errno } = error as NodeJS.ErrnoException;
    if (code === undefined || (errno === undefined && !(error instanceof MariaError))) throw error;
    return { error: { code, message, errno } };
  }
}

parentPort?.on('message', (request: WorkerRequest) => parentPort?.postMessage(reply(request)));
