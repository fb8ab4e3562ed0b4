// koffi's stacks can be set only before any library is loaded. Its own file: vitest gives each file a process.
import koffi from 'koffi';
import { expect, it } from 'vitest';
import { chooseBackend } from '../choose-backend.js';
import { loadRuntime } from './runtime.js';

it('refuses to run on stacks that another user of koffi left too small', async () => {
  koffi.load(null);
  await expect(loadRuntime()).rejects.toMatchObject({
    code: 'koffi-configured-late',
    message: expect.stringContaining('stacks of 131072 bytes'),
  });
  await expect(chooseBackend({ backend: 'ort' })).rejects.toMatchObject({ code: 'koffi-configured-late' });

  const warnings: string[] = [];
  const backend = await chooseBackend({ onWarning: (warning) => warnings.push(warning) });
  expect(backend.name).toBe('ort-node');
  expect(warnings).toEqual([expect.stringContaining('a library was loaded before')]);
});
