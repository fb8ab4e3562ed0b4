// What a record of a request is filled or scored with, and where what is written for it goes.
import type { Sink } from '../output.js';
import type { Metrics } from './metrics.js';
import type { Served } from './served.js';

export type RecordWork = Pick<Served, 'engine' | 'model'> & { readonly metrics: Metrics };

/** Hands on what is written. */
export function sinkOf(write: (text: string) => void): Sink {
  return {
    write: async (part) => write(String(part)),
    close: async () => {},
    abandon: async () => undefined,
  };
}
