// Commands that compute nothing must start fast: importing the backends and making one loads nothing native.
import { expect, it } from 'vitest';

const nativeLibraries = () => {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  return sharedObjects.filter((file) => /koffi|onnxruntime/.test(file));
};

it('loads native code when a backend is chosen, and then not the JavaScript binding', async () => {
  const { chooseBackend } = await import('../choose-backend.js');
  const { ortBackend } = await import('./ort-backend.js');
  const { ortNodeBackend } = await import('./binding-backend.js');
  ortBackend();
  ortNodeBackend();
  expect(nativeLibraries()).toEqual([]);

  await chooseBackend({ backend: 'ort' });
  expect(nativeLibraries()).toEqual(expect.arrayContaining([expect.stringContaining('koffi')]));
  expect(nativeLibraries()).not.toEqual(
    expect.arrayContaining([expect.stringContaining('onnxruntime_binding')]),
  );
});
