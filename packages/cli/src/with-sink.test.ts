// What is left of files whose run fails.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError } from '@maria/core/errors';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withFigure, withSink } from './with-sink.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maria-sink-'));
  file = join(folder, 'file');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test('a figure appears when the run is over, and without one there is none to write to', async () => {
  const drawn = await withFigure(file, async (figure) => {
    await figure?.write('<svg/>');
    return 'done';
  });
  expect(drawn).toBe('done');
  expect(await readFile(file, 'utf8')).toBe('<svg/>');
  expect(await withFigure(undefined, async (figure) => figure)).toBeUndefined();
});

test.each(['', 'half'])('an interrupted run leaves its figure as it was, after "%s"', async (written) => {
  await writeFile(file, 'before');
  const interrupted = withFigure(file, async (figure) => {
    if (written !== '') await figure?.write(written);
    throw new InterruptedError();
  });
  await expect(interrupted).rejects.toThrow(InterruptedError);
  expect(await readFile(file, 'utf8')).toBe('before');
  expect(await readdir(folder)).toEqual(['file']);
});

test('a failed run keeps its part of an output, and tells where it is', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const failed = withSink(file, async (sink) => {
    await sink.write('half');
    throw new Error('no more');
  });
  await expect(failed).rejects.toThrow('no more');
  const [partial = '', ...others] = await readdir(folder);
  expect(others).toEqual([]);
  expect(await readFile(join(folder, partial), 'utf8')).toBe('half');
  expect(told.mock.calls.join('')).toContain(partial);
});

test.each([
  [undefined, 'Write somewhere else: --output FILE, or a pipe.'],
  ['--html', 'Write somewhere else: --html FILE.'],
])('what cannot be written is told before the work, with the flag %s', async (flag, advice) => {
  const work = vi.fn();
  const missing = join(folder, 'none', 'file');
  await expect(withSink(missing, work, flag)).rejects.toMatchObject({ code: 'cannot-write', try: advice });
  await expect(withFigure(missing, work)).rejects.toMatchObject({
    try: 'Write somewhere else: --svg FILE.',
  });
  expect(work).not.toHaveBeenCalled();
});
