// Runs the tasks of a copy: on worker threads where there is enough to do, else on this one.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError, numberOfElements } from '@maria/core';
import { quote } from '../weights/quote.js';
import { TaskThread } from './task-thread.js';
import { runTensorTask, type TensorResult, type TensorTask } from './tensor-task.js';

export interface RunTasksOptions {
  /** Threads beside this one; 0 runs all of it here. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each task that is done. */
  readonly onDone?: ((task: TensorTask) => void) | undefined;
}

export type DoneTask = Extract<TensorResult, { hashes: readonly string[] }>;

/** Below this many elements a copy is made before a worker has started. */
const fewElements = 2 ** 24;

/** How many workers pay off. */
export function workersFor(tasks: readonly TensorTask[], cores: number): number {
  const elements = tasks.reduce((total, { source }) => total + numberOfElements(source.shape), 0);
  return elements < fewElements ? 0 : Math.min(cores, tasks.length);
}

/**
 * @param target descriptor of the file to write into
 * @returns what each task gave, in the order of the tasks
 * @throws DataError naming the tensor when an element is not finite; what the file system throws; the signal's reason
 */
export async function runTasks(
  tasks: readonly TensorTask[],
  target: number,
  { workers, signal, onDone }: RunTasksOptions,
): Promise<DoneTask[]> {
  const results = new Map<TensorTask, DoneTask>();
  const queue = [...tasks];
  const work = async (run: (task: TensorTask) => Promise<TensorResult>) => {
    for (let task = queue.shift(); task; task = queue.shift()) {
      signal?.throwIfAborted();
      results.set(task, checked(task, await run(task)));
      onDone?.(task);
    }
  };
  const script = fileURLToPath(new URL('./worker.js', import.meta.url));
  // Where the sources run without a build there is no script to start.
  if (workers === 0 || !existsSync(script)) {
    await work(async (task) => {
      // Lets signals and progress through between tensors.
      await new Promise(setImmediate);
      return runTensorTask(task, target);
    });
  } else {
    const threads = Array.from({ length: workers }, () => new TaskThread(script));
    try {
      await Promise.all(threads.map((thread) => work((task) => thread.run(task, target))));
    } finally {
      // A failed task ends the others too: none may write to the file once it is closed.
      queue.length = 0;
      await Promise.all(threads.map((thread) => thread.stop()));
    }
  }
  return tasks.map((task) => results.get(task)!);
}

function checked(task: TensorTask, result: TensorResult): DoneTask {
  if ('hashes' in result) return result;
  const { index, value } = result.nonFinite;
  throw new DataError(
    'non-finite-weights',
    `Cannot quantise the weights: tensor ${quote(task.source.name)} holds ${value} at element ${index}.`,
    { try: 'Download the model again, or use another copy.' },
  );
}
