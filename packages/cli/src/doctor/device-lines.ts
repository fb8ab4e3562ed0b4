// What `maria devices` and `maria doctor` say of a device.
import { readableSize } from '../readable-size.js';
import type { DeviceFinding } from './examine-devices.js';
import type { ReportLine } from './report-line.js';

/** A line for the device, and one for each backend that does not compute on it: nobody needs more than one. */
export function deviceLines(found: DeviceFinding): ReportLine[] {
  const { device, name, memory, usable, isThere, backends, error, try: hint } = found;
  const working = backends.filter(({ usable }) => usable).map(({ backend }) => backend);
  const facts = [
    ...(name === undefined ? [] : [name]),
    ...(memory === undefined ? [] : [memoryOf(memory)]),
    error ?? (usable ? `with ${working.join(', ')}` : 'cannot be used'),
  ];
  return [
    { name: device, mark: usable ? 'ok' : isThere ? 'note' : 'fact', text: facts.join('; '), hint },
    ...backends
      .filter(({ usable }) => !usable)
      .map(
        ({ backend, error, try: hint }): ReportLine => ({
          name: device,
          mark: usable ? 'fact' : 'note',
          text: `${backend}: ${error}`,
          hint,
        }),
      ),
  ];
}

function memoryOf({ total, available }: NonNullable<DeviceFinding['memory']>): string {
  return available === undefined
    ? readableSize(total)
    : `${readableSize(available)} of ${readableSize(total)} available`;
}
