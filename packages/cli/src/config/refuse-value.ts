// Values that no command could read: refused when they are set, by what reads the flag, not where they are first used.
import { UsageError } from '@maria/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import { parse } from '@oclif/core/parser';
import { reasonOf } from '../usage-errors.js';
import { isFalse, isTrue, type Setting } from './settings.js';

/** A flag as its command declares it. */
export type ReadFlag = FlagInput[string];

/**
 * @param flag that the setting is of
 * @throws UsageError `bad-setting`
 */
export async function refuseValue(key: string, name: string, value: Setting, flag: ReadFlag): Promise<void> {
  if (flag.type === 'boolean') {
    // Where it is read, what does not say yes says no, without a word.
    if (!isTrue(String(value)) && !isFalse(String(value))) throw unfit(key, value, 'it is true or false');
    return;
  }
  const { options } = flag;
  if (options && !options.includes(String(value)))
    throw unfit(key, value, `it is ${options.slice(0, -1).join(', ')} or ${options.at(-1)}`);
  try {
    // What it needs beside it, and what excludes it, other settings and the command line may tell.
    const { dependsOn: _, exclusive: __, relationships: ___, ...alone } = flag;
    await parse([`--${name}=${value}`], { flags: { [name]: { ...alone, required: false } as ReadFlag } });
  } catch (error) {
    const { cause } = error as Error;
    const fact =
      cause instanceof UsageError ? cause.message.replace(/^Cannot \w+: (.*)\.$/s, '$1') : undefined;
    throw unfit(key, value, fact ?? reasonOf(error as Error).replace(`--${name}: `, ''));
  }
}

function unfit(key: string, value: Setting, fact: string): UsageError {
  return new UsageError('bad-setting', `Cannot set "${key}" to ${JSON.stringify(value)}: ${fact}.`);
}
