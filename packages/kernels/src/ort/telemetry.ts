// Turns off ONNX Runtime's telemetry, which is on by default: a device id and a database in the user's cache, sent to its maker.
import { isMainThread } from 'node:worker_threads';
import { loadKoffi } from './koffi.js';

/** Only "1" turns it off: the library takes "0", "false" and nothing for on. */
const name = 'ORT_DISABLE_TELEMETRY';

/**
 * To be called before the library's environment is made. By then `DisableTelemetryEvents` of the C API is too late: the
 * files are there, and host names are looked up all the same.
 * @throws DeviceError in a worker thread in which koffi cannot be loaded
 */
export async function turnOffTelemetry(): Promise<void> {
  process.env[name] = '1';
  // A worker's process.env is a copy, which native code does not see.
  if (isMainThread) return;
  const koffi = await loadKoffi();
  if (process.platform === 'win32')
    koffi.load('kernel32.dll').func('SetEnvironmentVariableA', 'int', ['str', 'str'])(name, '1');
  else koffi.load(null).func('setenv', 'int', ['str', 'str', 'int'])(name, '1', 1);
}
