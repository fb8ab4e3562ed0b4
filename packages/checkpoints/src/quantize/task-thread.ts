// A worker thread that runs tasks one after the other, and says so when it cannot.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DataError } from '@maria/core';
import type { TensorResult, TensorTask } from './tensor-task.js';
import type { WorkerReply } from './worker.js';

export class TaskThread {
  readonly #worker: Worker;
  /** Rejects when the thread ends, asked or not: who asks it after its end must not wait for an answer. */
  readonly #end: Promise<never>;

  /** @param script path of what the thread runs, `worker.js` */
  constructor(script: string) {
    // Without the flags of this process: some of them are not for a script in a file.
    const worker = new Worker(script, { execArgv: [] });
    this.#worker = worker;
    this.#end = new Promise((_, reject) => {
      worker.once('error', reject);
      worker.once('exit', (status) => reject(new Error(`a worker thread ended with status ${status}`)));
    });
    this.#end.catch(() => {});
  }

  /**
   * @param target descriptor of the file to write into
   * @throws DataError, what the file system throws, or an Error when the thread has ended
   */
  async run(task: TensorTask, target: number): Promise<TensorResult> {
    const answered = new AbortController();
    try {
      this.#worker.postMessage({ task, target });
      const message = once(this.#worker, 'message', { signal: answered.signal });
      const [reply] = (await Promise.race([message, this.#end])) as [WorkerReply];
      return resultOf(reply);
    } finally {
      // Takes the listeners away.
      answered.abort();
    }
  }

  /** Ends the thread, in the middle of a task too. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

function resultOf(reply: WorkerReply): TensorResult {
  if (!('error' in reply)) return reply;
  const { code, message, errno } = reply.error;
  throw errno === undefined
    ? new DataError(code, message)
    : Object.assign(new Error(message), { code, errno });
}
