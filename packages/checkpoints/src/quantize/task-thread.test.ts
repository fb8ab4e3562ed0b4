// A thread for tasks: its answers, and that nobody waits for one that has ended.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { TaskThread } from './task-thread.js';
import type { TensorTask } from './tensor-task.js';

const folder = temporaryFolder();
let scripts = 0;

/** A thread that runs this code. */
function thread(code: string): TaskThread {
  const script = join(folder, `${scripts++}.mjs`);
  writeFileSync(script, `import { parentPort } from 'node:worker_threads';\n${code}`);
  return new TaskThread(script);
}

const task: TensorTask = {
  kind: 'keep',
  source: { name: 'w', file: 'none', offset: 0, dtype: 'float32', shape: [1] },
  at: 0,
  writes: ['w'],
};

const answering = (reply: string) =>
  thread(`parentPort.on('message', ({ task, target }) => parentPort.postMessage(${reply}));`);

test('one task after the other gets its answer', async () => {
  const worker = answering('{ sourceHash: task.source.name, hashes: [String(target)] }');
  for (const target of [3, 4])
    expect(await worker.run(task, target)).toEqual({ sourceHash: 'w', hashes: [String(target)] });
  await worker.stop();
});

test('errors come back as what they were', async () => {
  const data = answering(`{ error: { code: 'truncated-file', message: 'It ends.', errno: undefined } }`);
  await expect(data.run(task, 3)).rejects.toMatchObject({ name: 'DataError', code: 'truncated-file' });
  const system = answering(`{ error: { code: 'ENOSPC', message: 'It is full.', errno: -28 } }`);
  await expect(system.run(task, 3)).rejects.toMatchObject({ code: 'ENOSPC', errno: -28 });
  await Promise.all([data.stop(), system.stop()]);
});

test('a thread that fails or ends rejects what it is asked, and what it is asked later', async () => {
  const broken = thread('throw new Error("no such module");');
  for (let i = 0; i < 2; i++) await expect(broken.run(task, 3)).rejects.toThrow('no such module');
  const ended = thread('');
  for (let i = 0; i < 2; i++) await expect(ended.run(task, 3)).rejects.toThrow('ended with status 0');
  const stopped = answering('{}');
  await stopped.stop();
  await expect(stopped.run(task, 3)).rejects.toThrow('a worker thread ended');
});
