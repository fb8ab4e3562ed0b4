// Values that no command could read: refused when they are set, not where they are first used.
import { UsageError } from '@maria/core/errors';
import { deviceForms, parseDevice } from '@maria/kernels/device';
import { parseByteSize } from '../byte-size.js';
import type { Setting } from './settings.js';
import type { CommandFlags } from './with-settings.js';

/**
 * @param flag that the setting is of, where it is known
 * @throws UsageError `bad-setting`
 */
export function refuseValue(
  key: string,
  name: string,
  value: Setting,
  flag: CommandFlags[string] | undefined,
): void {
  const wanted = name === 'device' ? deviceForms : flag?.options;
  const fits = name === 'device' ? parseDevice(String(value)) : wanted?.includes(String(value));
  if (wanted && !fits) throw unfit(key, value, `it is ${wanted.slice(0, -1).join(', ')} or ${wanted.at(-1)}`);
  if (name === 'threads' && !(Number.isInteger(value) && Number(value) >= 1))
    throw unfit(key, value, 'it is a whole number from 1');
  if (name !== 'gpu-memory') return;
  try {
    parseByteSize(String(value));
  } catch (error) {
    throw unfit(key, value, (error as Error).message);
  }
}

function unfit(key: string, value: Setting, fact: string): UsageError {
  return new UsageError('bad-setting', `Cannot set "${key}" to ${JSON.stringify(value)}: ${fact}.`);
}
