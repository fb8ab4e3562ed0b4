// Whether the options of a load are of the types and values that they may have: callers from JavaScript may give anything.
import { checkOption } from '@maria/core';
import { stateStorages } from '@maria/kernels';
import { quantizations } from '../quantize/scheme.js';

type Checked = 'model' | 'ar' | 'mlm' | 'capacity' | 'kvCache' | 'quantize' | 'signal';

/** @throws UsageError naming the option, its value and what it must be */
export function checkLoadOptions(options: { readonly [name in Checked]?: unknown }): void {
  const check = (name: string, value: unknown, fits: (value: unknown) => boolean, wanted: string) =>
    checkOption('load the model', name, value, value === undefined || fits(value), wanted);
  const oneOf = (names: readonly string[]) => (value: unknown) => names.includes(value as string);
  for (const name of ['model', 'ar', 'mlm'] as const)
    check(name, options[name], (value) => typeof value === 'string', 'a string');
  const isLength = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;
  check('capacity', options.capacity, isLength, 'a whole number of at least 1');
  check('kvCache', options.kvCache, oneOf(stateStorages), `one of ${stateStorages.join(', ')}`);
  check('quantize', options.quantize, oneOf(quantizations), `one of ${quantizations.join(', ')}`);
  check('signal', options.signal, (value) => value instanceof AbortSignal, 'an AbortSignal');
}
