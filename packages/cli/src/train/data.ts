// Training text as it is named on the command line: files, and "-" for standard input.
import { resolve } from 'node:path';
import type { DataSource } from '@maria/training';
import { openSource, refuseStdinTwice } from '../input.js';

/** @throws UsageError when standard input would have to be read twice */
export function dataSources(
  paths: { readonly data: readonly string[]; readonly evalData: readonly string[] },
  signal: AbortSignal,
): { data: DataSource[]; evalData: DataSource[] } {
  refuseStdinTwice([...paths.data, ...paths.evalData], 'train');
  const open = (path: string) => ({
    ...openSource(path, signal),
    ...(path !== '-' && { file: resolve(path) }),
  });
  return { data: paths.data.map(open), evalData: paths.evalData.map(open) };
}
