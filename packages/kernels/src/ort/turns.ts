// Turns on a device: its provider keeps one list of commands for all sessions of the process, and no lock on it.
import type { Device } from '../device.js';

let last: Promise<unknown> = Promise.resolve();

/** Does what touches a device when nothing else does any more, in the order of the calls; on the CPU at once. */
export async function inTurn<T>(device: Device, work: () => T | Promise<T>): Promise<T> {
  if (device.kind === 'cpu') return work();
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}
