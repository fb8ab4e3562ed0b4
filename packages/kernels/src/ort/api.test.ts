// What would crash the process is refused, and what the library refuses becomes an error.
import { DeviceError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import type { Handle } from './api-table.js';
import { builtInDevices } from './devices.js';
import { OrtError } from './ort-error.js';
import { loadRuntime } from './runtime.js';

describe('OrtApi', async () => {
  const runtime = await loadRuntime();
  const { api } = runtime;

  it('refuses null handles, null addresses and values of another kind', () => {
    const none = 0n as Handle<'Session'>;
    expect(() => api.SessionGetInputCount(none)).toThrow(
      'SessionGetInputCount of ONNX Runtime needs Session as argument 1, got 0',
    );
    expect(() => api.ReleaseSession(none)).toThrow(TypeError);
    const options = api.CreateSessionOptions();
    const refused: [string, () => unknown][] = [
      ['size as argument 3', () => api.CreateSessionFromArray(runtime.env, new Uint8Array(1), -1, options)],
      ['address as argument 2', () => api.CreateSessionFromArray(runtime.env, new Uint8Array(0), 0, options)],
      ['int as argument 2', () => api.SetIntraOpNumThreads(options, 1.5)],
      ['text as argument 3', () => api.AddSessionConfigEntry(options, 'key', 1 as unknown as string)],
    ];
    for (const [message, call] of refused) expect(call).toThrow(message);
    api.ReleaseSessionOptions(options);
  });

  it('refuses them on worker threads too', async () => {
    const none = 0n as Handle<'Session'>;
    const run = api.async.RunWithBinding(none, 1n as Handle<'RunOptions'>, 1n as Handle<'IoBinding'>);
    await expect(run).rejects.toThrow('needs Session as argument 1');
  });

  it('turns a status into an error with the name of the function, the status and the words of the library', () => {
    const options = api.CreateSessionOptions();
    try {
      api.SetSessionGraphOptimizationLevel(options, 1234);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OrtError);
      expect(error).toBeInstanceOf(DeviceError);
      expect(error).toMatchObject({
        code: 'onnxruntime',
        status: 'invalid-argument',
        detail: expect.stringContaining('graph_optimization_level'),
        message: expect.stringContaining('SetSessionGraphOptimizationLevel'),
      });
    } finally {
      api.ReleaseSessionOptions(options);
    }
  });

  it('lists the devices that the library was built for', () => {
    expect(builtInDevices(runtime)).toContain('cpu');
  });
});
